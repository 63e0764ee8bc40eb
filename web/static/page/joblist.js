// All recordings of this caller: those in work with how far they are, then the others, the newest first.

import { Refused, ask, askJson } from "./api.js";
import { day, spoken } from "./clock.js";
import { button, el } from "./dom.js";
import { follow } from "./events.js";
import { icon } from "./icons.js";
import { warn } from "./notices.js";
import { hashOf } from "./route.js";
import { ended, said } from "./states.js";
import { titleOf } from "./talk.js";

const PAUSE = 4000; // ms between two looks while something is in work
const PAGE = 30;
const MOST = 200; // that the service tells at once
const WORK = "queued,running";
const OVER = "done,failed,cancelled";

class JobList extends HTMLElement {
    connectedCallback() {
        this.rows = new Map();
        this.pages = 1;
        this.looks = 0;
        this.list = el("ul", { class: "jobs" });
        this.empty = el("p", { class: "faint", hidden: true }, "Nothing yet. What you send appears here.");
        this.more = button({ class: "secondary", hidden: true, onclick: () => this.showMore() }, "Show older ones");
        this.replaceChildren(el("h2", { id: "jobs-title" }, "Recordings"), this.empty, this.list, this.more);
        this.list.setAttribute("aria-labelledby", "jobs-title");
        for (const name of ["reachable", "signed-in"]) window.addEventListener(name, () => this.look());
        document.addEventListener("visibilitychange", () => document.hidden || this.look());
        this.look();
    }

    /** Asks anew, and again later while something is in work. The one that runs is followed as it goes. */
    async look() {
        clearTimeout(this.timer);
        if (this.hasAttribute("paused") || document.hidden) return;
        const look = (this.looks += 1);
        try {
            const jobs = await this.read();
            if (look === this.looks && !this.hasAttribute("paused")) this.show(jobs); // else it comes too late
        } catch (error) {
            warn(error);
        }
    }

    /** Those in work in their order, then the others. What ends between the questions is in both answers. */
    async read() {
        const work = await this.pagesOf(WORK, MOST, Infinity);
        const over = await this.pagesOf(OVER, PAGE, this.pages);
        this.more.hidden = !over.next;
        const listed = new Set(over.jobs.map((job) => job.id));
        return [...work.jobs.reverse().filter((job) => !listed.has(job.id)), ...over.jobs];
    }

    /** {jobs, next}: of up to `most` pages of `limit` each, the newest first. */
    async pagesOf(states, limit, most) {
        const jobs = [];
        let next = null;
        for (let number = 0; number < most && (number === 0 || next); number += 1) {
            const page = await askJson(`jobs?state=${states}&limit=${limit}${next ? `&before=${next}` : ""}`);
            jobs.push(...page.jobs);
            next = page.next;
        }
        return { jobs, next };
    }

    show(jobs) {
        const ids = new Set(jobs.map((job) => job.id));
        for (const [id, row] of this.rows) if (!ids.has(id)) this.forget(id, row);
        jobs.forEach((job, place) => {
            const row = this.rows.get(job.id) ?? this.add(job);
            row.show(job);
            if (this.list.children[place] !== row) this.list.insertBefore(row, this.list.children[place] ?? null);
        });
        this.empty.hidden = jobs.length > 0;
        this.followFirst(jobs.find((job) => !ended(job)));
        if (jobs.some((job) => !ended(job))) this.timer = setTimeout(() => this.look(), PAUSE);
    }

    add(job) {
        const row = document.createElement("job-row");
        this.rows.set(job.id, row);
        return row;
    }

    forget(id, row) {
        this.rows.delete(id);
        row.remove();
    }

    /** One stream: browsers open few connections to a server at a time. */
    followFirst(job) {
        if (job?.id === this.followed) return;
        this.unfollow?.();
        this.followed = job?.id;
        const over = () => {
            this.followed = null;
            this.look();
        };
        this.unfollow =
            job &&
            follow(job.id, {
                progress: (news) => this.rows.get(job.id)?.show({ ...job, ...news }),
                end: over,
                gone: over,
            });
    }

    /** While a conversation is shown, nobody looks. */
    pause(paused) {
        this.toggleAttribute("paused", paused);
        if (paused) {
            clearTimeout(this.timer);
            this.followFirst(null);
        } else {
            this.look();
        }
    }

    showMore() {
        this.pages += 1;
        this.look();
    }
}

class JobRow extends HTMLElement {
    connectedCallback() {
        this.setAttribute("role", "listitem");
    }

    /** Built once, then only put right, so that the focus stays where it is. */
    show(job) {
        this.job = job;
        if (!this.link) this.build();
        const title = titleOf(job);
        const over = ended(job);
        this.dataset.state = job.state;
        this.link.textContent = title;
        this.link.href = hashOf(job.id);
        this.what.textContent = job.state === "done" ? "" : said(job);
        this.when.textContent = [day(job.created_at), job.duration ? spoken(job.duration) : ""]
            .filter(Boolean)
            .join(" · ");
        this.bar.hidden = job.state !== "running";
        this.bar.value = job.percent;
        this.bar.setAttribute("aria-label", `${title}: how far`);
        this.away.setAttribute("aria-label", `${over ? "Erase" : "Cancel"} ${title}`);
        this.away.title = over ? "Erase" : "Cancel";
        this.away.replaceChildren(icon(over ? "bin" : "close"));
    }

    build() {
        this.link = el("a", { class: "name" });
        this.what = el("span", { class: "what" });
        this.when = el("span", { class: "faint when" });
        this.bar = el("progress", { max: 100 });
        this.away = button({ class: "quiet icon-only", onclick: () => this.takeAway() });
        this.append(el("div", { class: "about" }, this.link, this.what), this.bar, this.when, this.away);
    }

    async takeAway() {
        const over = ended(this.job);
        if (
            over &&
            !confirm(`Erase "${titleOf(this.job)}" with its recording and conversation? This cannot be undone.`)
        )
            return;
        try {
            await ask(`jobs/${this.job.id}`, { method: "DELETE" });
        } catch (error) {
            if (!(error instanceof Refused && error.status === 404)) warn(error);
        }
        this.closest("job-list").look();
    }
}

customElements.define("job-row", JobRow);
customElements.define("job-list", JobList);
