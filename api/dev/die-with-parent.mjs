// Loaded before a program that the launcher starts. When the launcher is killed without a chance to stop its
// programs, the channel to it closes: the program then ends itself, as if it had been asked to.
const graceMs = 22_000

process.once('disconnect', () => {
  process.kill(process.pid, 'SIGTERM')
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), graceMs).unref()
})
process.channel?.unref()
