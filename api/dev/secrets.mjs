import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dataDir } from './paths.mjs'

const file = join(dataDir, 'secrets.json')

/**
 * The secrets of this checkout, made at the first start. They protect local data only; production has its own.
 * @returns {{ sessionSecret: string, keyEncryptionKeys: string, superuserPassword: string, ownerPassword: string, appPassword: string }}
 */
export function localSecrets() {
  const known = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
  const random = () => randomBytes(24).toString('base64url')
  const secrets = {
    sessionSecret: randomBytes(32).toString('base64'),
    keyEncryptionKeys: `local-1:${randomBytes(32).toString('base64')}`,
    superuserPassword: random(),
    ownerPassword: random(),
    appPassword: random(),
    ...known,
  }
  mkdirSync(dataDir, { recursive: true })
  writeFileSync(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 })
  return secrets
}
