import type { Deps } from '../core/context.ts'
import type { App } from './app-type.ts'

/** Where providers call us: verify, store once, enqueue, answer 200. */
export function webhookRoutes(_app: App, _deps: Deps): void {}
