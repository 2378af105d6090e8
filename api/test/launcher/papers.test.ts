import { existsSync, readFileSync } from 'node:fs'
import { readConfig } from '../../src/config.ts'
import { inRoot } from '../../dev/paths.mjs'
import { productionEnv } from '../program-kit.ts'

const read = (path: string): string => readFileSync(inRoot(path), 'utf8')
const readme = read('README.md')
const compose = read('docker-compose.yml')

/** Settings of a table that begins after those words, each with its default as it stands there. */
function table(after: string): Map<string, string> {
  const start = readme.indexOf(after)
  expect(start).toBeGreaterThan(0)
  const [rows = ''] = readme.slice(readme.indexOf('| --- |', start)).split('\n\n')
  const settings = new Map<string, string>()
  for (const row of rows.split('\n').slice(1)) {
    const [, names = '', , standard = ''] = row.split(/(?<!\\)\|/)
    const values = standard.split('`').filter((_text, index) => index % 2 === 1)
    for (const [index, [, name = '']] of [...names.matchAll(/`(\w+)`/g)].entries()) settings.set(name, values[index] ?? '')
  }
  return settings
}

const inFile = table('What stands in `.env`:')
const elsewhere = table('These are not for `.env`')

/** What Compose takes from `.env`, each with its default; '' where it has none. */
const taken = new Map(
  [...compose.matchAll(/\$\{(\w+):?([-?])([^}]*)\}/g)].map(([, name = '', kind, text = '']) => [name, kind === '-' ? text : '']),
)
/** What Compose sets for the programs itself. */
const settings = compose.slice(compose.indexOf('&settings'), compose.indexOf('restart:'))
const given = new Set(
  [...`${settings}${compose.slice(compose.indexOf('\nservices:'))}`.matchAll(/^ {4,6}([A-Z_]+): /gm)].map(([, name = '']) => name),
)
const sample = new Map([...read('.env.production.sample').matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]))
const sorted = (names: Iterable<string>): string[] => [...names].sort()

/** For tests and torture; refused in production. */
const forTests = ['CRASH_AT', 'CLOCK_OFFSET_MS']
/** Compose alone reads it, for the container of the database and the addresses. */
const ofCompose = ['LISTEN', 'POSTGRES_PASSWORD', 'DATABASE_OWNER_PASSWORD', 'DATABASE_APP_PASSWORD']
/** The migrations alone read it. */
const ofMigrations = ['DATABASE_ADMIN_URL']

test('the sample, Compose and the table say the same of what stands in .env', () => {
  expect(taken.size).toBeGreaterThan(20)
  expect(sorted(sample.keys())).toEqual(sorted(taken.keys()))
  expect(sorted(inFile.keys())).toEqual(sorted(taken.keys()))
  for (const [name, standard] of taken) expect([name, sample.get(name), inFile.get(name)]).toEqual([name, standard, standard])
})

test('the tables have every setting that the program reads, and no other', async () => {
  const names = new Set<string>()
  const env = await productionEnv()
  readConfig(
    new Proxy(env, {
      get(target, name) {
        names.add(String(name))
        return Reflect.get(target, name) as unknown
      },
    }),
  )
  const documented = [...inFile.keys(), ...elsewhere.keys()].filter((name) => !ofCompose.includes(name))
  expect(sorted([...documented, ...forTests])).toEqual(sorted([...names, ...ofMigrations]))
})

test('Compose lets every setting of .env reach the programs, and none of the others', () => {
  for (const name of inFile.keys()) if (!ofCompose.includes(name)) expect([name, given.has(name)]).toEqual([name, true])
  for (const name of elsewhere.keys()) expect([name, taken.has(name)]).toEqual([name, false])
  for (const name of given) expect([name, inFile.has(name) || elsewhere.has(name) || name.startsWith('POSTGRES_')]).toEqual([name, true])
})

test('every path and command that the papers name is there', () => {
  for (const paper of ['README.md', 'CONTRIBUTING.md', 'migrations/README.md']) {
    const text = read(paper)
    const paths = [...text.matchAll(/`((?:api|web|shared|migrations|\.config|\.ci)\/[\w./-]+)`/g)].map(([, path = '']) => path)
    const links = [...text.matchAll(/\]\((?!http)([^)#]+)\)/g)].map(([, path = '']) => path)
    for (const path of [...paths.filter((each) => !each.includes('dist')), ...links])
      expect([paper, path, existsSync(inRoot(path))]).toEqual([paper, path, true])
    const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: object }).scripts)
    for (const [, script = ''] of text.matchAll(/npm (?:run )?(start|test|\w+)(?= |`|$)/gm))
      if (script !== 'run') expect([paper, script, scripts.includes(script)]).toEqual([paper, script, true])
  }
})
