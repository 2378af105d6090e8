import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { localSecrets, secretsFile } from '../../dev/secrets.mjs'

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'ledgersync-secrets-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A cluster stands beside them. */
function withCluster(): void {
  mkdirSync(join(folder, 'postgres'))
  writeFileSync(join(folder, 'postgres/PG_VERSION'), '18\n')
}

test('secrets are made once, for nobody else to read, and then the file is not touched', () => {
  const first = localSecrets(folder)
  const written = statSync(secretsFile(folder))
  expect(written.mode & 0o777).toBe(0o600)
  withCluster()
  expect(localSecrets(folder)).toEqual(first)
  const { ino, mtimeMs } = statSync(secretsFile(folder))
  expect({ ino, mtimeMs }).toEqual({ ino: written.ino, mtimeMs: written.mtimeMs })
  expect(readdirSync(folder).sort()).toEqual(['postgres', 'secrets.json'])
})

test.each([
  ['emptied', '', 'is not the JSON that was written there'],
  ['cut off', '{ "sessionSecret": "ab', 'is not the JSON that was written there'],
  ['something else', '[]', 'is not the JSON that was written there'],
  [
    'without a password',
    '{ "sessionSecret": "ab", "keyEncryptionKeys": "cd", "superuserPassword": "ef", "ownerPassword": 1 }',
    'lacks ownerPassword, appPassword',
  ],
])('secrets that were %s are said to be so, with what they are and what to do', (_what, text, problem) => {
  withCluster()
  writeFileSync(secretsFile(folder), text)
  expect(() => localSecrets(folder)).toThrow(
    `${secretsFile(folder)} ${problem}. It holds the passwords of the local database and the keys to what is encrypted there.\nPut a copy of it back; or start over`,
  )
  expect(readFileSync(secretsFile(folder), 'utf8')).toBe(text)
})

test('no new secrets are made beside a database that was closed with others', () => {
  withCluster()
  expect(() => localSecrets(folder)).toThrow(`${secretsFile(folder)} is missing.`)
  expect(readdirSync(folder)).toEqual(['postgres'])
})
