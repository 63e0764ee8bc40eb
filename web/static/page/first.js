// Before anything is drawn, or a page that is to be dark would flash. No module: those come later.
try {
    const theme = JSON.parse(localStorage.getItem("page.theme"));
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
    // nothing is remembered here
}
