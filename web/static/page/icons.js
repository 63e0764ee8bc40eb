// Line drawings, 24 by 24, in the colour of the text beside them.

const NS = "http://www.w3.org/2000/svg";
const PATHS = {
    add: "M12 5v14M5 12h14",
    back: "M15 6l-6 6 6 6",
    bin: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5",
    check: "M5 12.5l4.5 4.5L19 7.5",
    close: "M6 6l12 12M18 6L6 18",
    copy: "M9 9h11v11H9zM15 9V4H4v11h5",
    dark: "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z",
    doubt: "M9 9a3 3 0 1 1 4.2 2.8c-.8.4-1.2 1-1.2 2.2M12 17.5v.2M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
    download: "M12 4v11M7.5 11l4.5 4.5 4.5-4.5M5 20h14",
    file: "M6 3h8l4 4v14H6zM14 3v4h4",
    forward: "M9 6l6 6-6 6",
    key: "M8 15.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM11.500 12H21M18 12v3.500M15 12v2.500",
    keys: "M3 7h18v11H3zM7 11h.2M11 11h.2M15 11h.2M8 14.5h8",
    less: "M5 12h14",
    light: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6L7 7M17 17l1.4 1.4M5.6 18.4L7 17M17 7l1.4-1.4",
    link: "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.700-5.600l-1.300 1.200M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.700 5.600l1.300-1.200",
    merge: "M6 4v4c0 4 6 4 6 8v4M18 4v4c0 4-6 4-6 8",
    microphone: "M12 15a3 3 0 0 0 3-3V6a3 3 0 0 0-6 0v6a3 3 0 0 0 3 3zM6 11.500a6 6 0 0 0 12 0M12 17.500V21",
    next: "M6 5l9 7-9 7zM18 5v14",
    pause: "M8 5v14M16 5v14",
    pencil: "M5 19l1-4L16 5l3 3L9 18zM14 7l3 3",
    people: "M9 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM2.500 20a6.500 6.500 0 0 1 13 0M16 4.500a3.500 3.500 0 0 1 0 6M18 14.500a6 6 0 0 1 3.500 5.500",
    play: "M7 4.500l12 7.500-12 7.500z",
    previous: "M18 5l-9 7 9 7zM6 5v14",
    search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l4.500 4.500",
    stop: "M6 6h12v12H6z",
    system: "M4 5h16v11H4zM9 20h6M12 16v4",
    undo: "M8 5L4 9l4 4M4 9h10a5.500 5.500 0 0 1 0 11h-4",
    upload: "M12 20V9M7.500 13L12 8.500l4.500 4.500M5 4h14",
};

export function icon(name) {
    const svg = document.createElementNS(NS, "svg");
    const path = document.createElementNS(NS, "path");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    svg.setAttribute("class", `icon icon-${name}`);
    path.setAttribute("d", PATHS[name]);
    svg.append(path);
    return svg;
}
