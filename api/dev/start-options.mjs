import { parseArgs } from 'node:util'
import { readGivenAddresses } from './local-database.mjs'
import { Stop } from './report.mjs'

const help = `npm start -- [--port N] [--reset] [--help]

  --port N   the address becomes http://localhost:N (default 3000)
  --reset    starts over: forgets the database, the providers' books and the inbox

CHAOS=<percent> lets the outside services misbehave in so many of 100 calls; CHAOS_SEED=<number> replays a schedule.

DATABASE_URL uses a PostgreSQL server of yours: the address of an administrator, who makes the roles
ledgersync_owner and ledgersync_app; or, with DATABASE_OWNER_URL, the address of the application's role.`

/** The command line of \`npm start\`. */
export function readOptions() {
  let values
  try {
    ;({ values } = parseArgs({
      options: { port: { type: 'string' }, reset: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
    }))
  } catch (error) {
    throw new Stop(`${error instanceof Error ? error.message : String(error)}\n\n${help}`)
  }
  if (values.help) {
    process.stdout.write(`${help}\n`)
    process.exit(0)
  }
  const port = Number(values.port ?? process.env.PORT ?? 3000)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Stop(`--port must be a number from 1 to 65535.\n\n${help}`)
  const given = readGivenAddresses()
  if (values.reset && given) throw new Stop('--reset does not empty a database of yours (DATABASE_URL): drop it yourself.')
  return { port, reset: values.reset }
}
