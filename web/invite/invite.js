// Everything works without this. With it, a second tap while the bank's page is still loading does nothing, and the form
// says that it is busy.
const busy = new Set()

document.addEventListener('submit', (event) => {
  const form = event.target
  if (!(form instanceof HTMLFormElement)) return
  if (busy.has(form)) {
    event.preventDefault()
    return
  }
  busy.add(form)
  form.setAttribute('aria-busy', 'true')
  const button = form.querySelector('[data-busy]')
  if (button) [button.textContent, button.dataset.idle] = [button.dataset.busy, button.textContent]
})

// A page that comes back from the browser's memory would still believe that it is busy
window.addEventListener('pageshow', () => {
  for (const form of busy) form.removeAttribute('aria-busy')
  for (const button of document.querySelectorAll('[data-idle]')) button.textContent = button.dataset.idle
  busy.clear()
})

// After the bank: asks us to look now, then loads the page anew when there is news. Without it the page loads itself every few seconds.
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const check = async () => {
  for (let tries = 0; tries < 5; tries += 1) {
    const answer = await fetch(location.pathname + '/check', { method: 'POST' })
    if (answer.ok && !(await answer.json()).waiting) break
    await wait(900)
  }
  location.replace(location.pathname + location.search)
}
if (document.querySelector('[data-finishing]')) check().catch(() => wait(3000).then(() => location.replace(location.pathname)))
