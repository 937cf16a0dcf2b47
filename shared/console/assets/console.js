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
  // A second click while a form is on its way does nothing. The server also makes the change of a form only once.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) {
      event.preventDefault();
    } else {
      form.dataset.sent = "yes";
      setTimeout(() => delete form.dataset.sent, 3000);
    }
  });
  // The browser moves the focus to the faults of a form, so that screen readers and keyboards start there.
  const faults = document.querySelector("section.faults");
  if (faults) {
    faults.tabIndex = -1;
    faults.focus();
  }
})();
