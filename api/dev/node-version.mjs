const needed = { major: 20, minor: 19 }
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major < needed.major || (major === needed.major && minor < needed.minor)) {
  console.error(`Ledgersync needs Node ${needed.major}.${needed.minor} or newer; this is Node ${process.versions.node}.`)
  console.error('Get a current one from https://nodejs.org, then try again.')
  process.exit(1)
}
