import { messages } from '@ledgersync/shared/messages'
import type { Routes } from '../http/app-type.ts'
import { listMessages } from './service.ts'

/** HTTP of this feature. */
export const messagesRoutes: Routes = (app) => {
  app.route({ ...messages.list, handler: async (req) => ({ items: await listMessages(req.ctx, req.params.clientId) }) })
}
