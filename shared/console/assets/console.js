// Shows times in the viewer's zone, with UTC in the title. Without this script, the pages show UTC.
(() => {
  const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  const localize = (root) => {
    for (const time of root.querySelectorAll("time[datetime]:not([title])")) {
      const instant = new Date(time.dateTime);
      if (!Number.isNaN(instant.getTime())) {
        time.title = time.textContent;
        time.textContent = format.format(instant);
      }
    }
  };
  localize(document);
  document.addEventListener("htmx:after:swap", () => localize(document));
  // The browser moves the focus to the faults of a form, so that screen readers and keyboards start there.
  const faults = document.querySelector("section.faults");
  if (faults) {
    faults.tabIndex = -1;
    faults.focus();
  }
})();
