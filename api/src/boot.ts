import { type Config, ConfigError, readConfig } from './config.ts'

/** The settings, or the end of the process with a sentence that names the one that is wrong (exit code 78, EX_CONFIG). */
export function configOrExit(): Config {
  try {
    return readConfig(process.env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`Ledgersync cannot start: ${error.message}.\n`)
    process.exit(78)
  }
}
