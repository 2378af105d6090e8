// Runs before the first paint, so that a dark page never flashes white. A file of its own, since the page admits no inline script.
{
  const chosen = localStorage.getItem('ledgersync-color-scheme')
  const dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light')
}
