import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { inRoot, root } from '../../dev/paths.mjs'
import { isAlive } from '../../dev/postgres.mjs'

jest.setTimeout(120_000)

const folder = mkdtempSync(join(tmpdir(), 'ledgersync-killed-'))
const running: ChildProcess[] = []
afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

/** Starts a script, and answers the JSON of the first line that it writes. */
async function startScript(text: string): Promise<{ child: ChildProcess; said: Record<string, unknown> }> {
  const file = join(folder, `${running.length}.mjs`)
  writeFileSync(file, text)
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] })
  running.push(child)
  const line = await new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve))
  return { child, said: JSON.parse(line) as Record<string, unknown> }
}

const url = (path: string): string => JSON.stringify(pathToFileURL(inRoot(path)).href)

async function until(done: () => boolean): Promise<void> {
  for (const end = Date.now() + 60_000; !done() && Date.now() < end; ) await new Promise((resolve) => setTimeout(resolve, 50))
  expect(done()).toBe(true)
}

test('the database of a run that was killed goes with it', async () => {
  const { child, said } = await startScript(`
    import { dirname } from 'node:path'
    import pg from ${url('api/node_modules/pg/esm/index.mjs')}
    import { startTestCluster } from ${url('api/dev/test-cluster.mjs')}
    const cluster = await startTestCluster()
    const client = new pg.Client({ connectionString: cluster.url })
    await client.connect()
    const { rows } = await client.query("select current_setting('data_directory') as data, pg_backend_pid() as backend")
    console.log(JSON.stringify({ folder: dirname(rows[0].data), backend: rows[0].backend }))
    setInterval(() => {}, 1000)
  `)
  const [cluster, backend] = [String(said.folder), Number(said.backend)]
  expect([existsSync(cluster), isAlive(backend)]).toEqual([true, true])
  child.kill('SIGKILL')
  await until(() => !existsSync(cluster) && !isAlive(backend))
})

test('a tool ends when who started it was killed', async () => {
  const program = join(folder, 'tool.ts')
  writeFileSync(program, 'console.log(JSON.stringify({ pid: process.pid })); setInterval(() => {}, 1000)')
  const { child, said } = await startScript(`
    import { runTool } from ${url('api/dev/tool.mjs')}
    await runTool(${JSON.stringify(relative(root, program))})
  `)
  const pid = Number(said.pid)
  expect([pid === child.pid, isAlive(pid)]).toEqual([false, true])
  child.kill('SIGKILL')
  await until(() => !isAlive(pid))
})
