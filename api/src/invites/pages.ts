import type { Deps } from '../core/context.ts'
import type { App } from '../http/app-type.ts'

/** The client's pages at /i/. */
export function invitePages(_app: App, _deps: Deps, _templateDir: string): void {}
