// Says when the server cannot be reached, and lets the page catch up when it can be again. After a restart the page is
// loaded anew, and said to be cut off until then: what is pressed on the old one reaches nobody. Texts that were typed
// are kept in the tab over that.
(() => {
  const EVERY_MS = 3000, KEPT = 'clinigraph-typed', TRY_MS = 30000;
  const typed = '#cg-walk textarea, #cg-walk input[type="text"], #cg-walk input:not([type])';
  let lost = false, asking = false;
  const style = document.createElement('style');  // here, because Gradio confines its style sheets to the page's inside
  style.textContent = 'body:not(.cg-is-offline) #cg-offline { display: none; }'
    + '@media (min-width: 1100px) { body.cg-is-offline #cg-regions { height: calc(100vh - 5.5rem) !important; } }';
  document.head.append(style);
  function shown(away) {
    document.body.classList.toggle('cg-is-offline', away);
    if (lost && !away) { const button = document.getElementById('cg-catch-up'); if (button) button.click(); }
    lost = away;
  }
  async function restarted() {
    const known = window.gradio_config?.app_id;
    if (known === undefined) return false;
    const answer = await fetch('/gradio_api/app_id', { cache: 'no-store', signal: AbortSignal.timeout(10000) });
    return answer.ok && (await answer.json()).app_id !== known;
  }
  async function ask() {
    if (asking || document.hidden) return;
    asking = true;
    try {
      const answer = await fetch('/api/v1/health', { cache: 'no-store', signal: AbortSignal.timeout(10000) });
      if (lost && answer.ok && await restarted()) { location.reload(); return; }
      shown(!answer.ok);
    } catch { shown(true); } finally { asking = false; }
  }
  const name = field => field.getAttribute('aria-label') || field.closest('label')?.innerText.trim() || '';
  function keep() {
    const texts = [...document.querySelectorAll(typed)].filter(f => f.value && name(f)).map(f => [name(f), f.value]);
    try { sessionStorage.setItem(KEPT, JSON.stringify(texts)); } catch { /* no store: nothing is kept */ }
  }
  function putBack() {
    let texts = [];
    try { texts = JSON.parse(sessionStorage.getItem(KEPT) || '[]'); sessionStorage.removeItem(KEPT); } catch { return; }
    const until = Date.now() + TRY_MS;
    const timer = setInterval(() => {
      for (const field of document.querySelectorAll(typed)) {
        const at = texts.findIndex(([label]) => label === name(field));
        if (at < 0 || field.offsetParent === null) continue;
        const [[, text]] = texts.splice(at, 1);
        if (field.value) continue;
        field.value = text;
        field.dispatchEvent(new Event('input', { bubbles: true }));
      }
      if (!texts.length || Date.now() > until) clearInterval(timer);
    }, 250);
  }
  setInterval(ask, EVERY_MS);
  window.addEventListener('offline', () => shown(true));
  window.addEventListener('online', ask);
  window.addEventListener('pagehide', keep);
  document.addEventListener('visibilitychange', ask);
  putBack();
})();
