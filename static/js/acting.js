/* Work in another's name ends by the clock: the band counts the minutes down, and the page is asked for
   anew when they are over, so that nobody goes on in a place that is not lent any more. */
const clock = document.querySelector("time[data-until]");
if (clock) {
  const end = Date.parse(clock.dateTime);
  const tick = () => {
    const left = end - Date.now();
    if (left <= 0) location.replace(location.href);
    else clock.textContent = clock.dataset.until.replace("%(n)s", String(Math.ceil(left / 60_000)));
  };
  tick();
  setInterval(tick, 5_000);
}
