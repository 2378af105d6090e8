import { type Config, readConfig } from './config.ts'
import { ConfigError } from './core/settings.ts'

/**
 * What `work` answers, or the end of the process with a sentence that names the setting that is wrong, or with which the program
 * cannot work (exit code 78, EX_CONFIG).
 */
export async function orExit<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`Ledgersync cannot start: ${error.message}.\n`)
    process.exit(78)
  }
}

/** The settings, or the end of the process. */
export function configOrExit(): Promise<Config> {
  return orExit(() => readConfig(process.env))
}
