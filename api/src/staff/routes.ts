import { staff } from '@ledgersync/shared/team'
import { readMe } from '../auth/me.ts'
import { visitor } from '../auth/visitor-routes.ts'
import type { Routes } from '../http/app-type.ts'
import { setSessionCookies } from '../http/cookies.ts'
import { assignClients } from './assignments.ts'
import { inviteStaff, resendInvite, withdrawInvite } from './invites.ts'
import { joinStaff, readInvite } from './joining.ts'
import { deactivateStaff, reactivateStaff } from './leaving.ts'
import { listStaff, updateStaff } from './service.ts'
import { getTeam } from './team.ts'

/** HTTP of the team. */
export const staffRoutes: Routes = (app, deps) => {
  app.route({ ...staff.list, handler: async (req) => ({ items: await listStaff(req.ctx) }) })
  app.route({ ...staff.team, handler: (req) => getTeam(req.ctx) })
  app.route({ ...staff.update, handler: (req) => updateStaff(req.ctx, req.params.staffId, req.body) })
  app.route({ ...staff.assign, handler: async (req) => ({ changed: await assignClients(req.ctx, req.params.staffId, req.body) }) })
  app.route({ ...staff.deactivate, handler: (req) => deactivateStaff(req.ctx, req.params.staffId, req.body) })
  app.route({ ...staff.reactivate, handler: (req) => reactivateStaff(req.ctx, req.params.staffId) })
  app.route({
    ...staff.invite,
    handler: async (req, reply) => {
      reply.code(201)
      return inviteStaff(req.ctx, req.body)
    },
  })
  app.route({ ...staff.resendInvite, handler: (req) => resendInvite(req.ctx, req.params.staffInviteId) })
  app.route({
    ...staff.withdrawInvite,
    handler: async (req, reply) => {
      await withdrawInvite(req.ctx, req.params.staffInviteId)
      return reply.code(204).send(null)
    },
  })
  app.route({ ...staff.readInvite, handler: (req) => readInvite(deps, visitor(req, deps), req.body.token) })
  app.route({
    ...staff.join,
    handler: async (req, reply) => {
      const { session, ctx } = await joinStaff(deps, visitor(req, deps), req.body)
      await setSessionCookies(reply, deps, session)
      return reply.code(201).send(await readMe(ctx))
    },
  })
}
