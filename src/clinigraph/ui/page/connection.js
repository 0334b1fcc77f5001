// Says when the server cannot be reached, and lets the page catch up when it can be again. Texts that were typed stay.
(() => {
  const EVERY_MS = 3000;
  let lost = false, asking = false;
  function shown(away) {
    document.body.classList.toggle('cg-is-offline', away);
    if (lost && !away) { const button = document.getElementById('cg-catch-up'); if (button) button.click(); }
    lost = away;
  }
  async function ask() {
    if (asking || document.hidden) return;
    asking = true;
    try {
      const answer = await fetch('/api/v1/health', { cache: 'no-store', signal: AbortSignal.timeout(10000) });
      shown(!answer.ok);
    } catch { shown(true); } finally { asking = false; }
  }
  setInterval(ask, EVERY_MS);
  window.addEventListener('offline', () => shown(true));
  window.addEventListener('online', ask);
  document.addEventListener('visibilitychange', ask);
})();
