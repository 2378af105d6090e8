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
})

// A page that comes back from the browser's memory would still believe that it is busy
window.addEventListener('pageshow', () => {
  for (const form of busy) form.removeAttribute('aria-busy')
  busy.clear()
})
