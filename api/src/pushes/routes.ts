import type { Routes } from '../http/app-type.ts'

/** HTTP of this feature. */
export const pushesRoutes: Routes = () => {}
