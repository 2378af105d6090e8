import { account } from '@ledgersync/shared/account'
import type { Routes } from '../http/app-type.ts'
import { changeEmail, changePassword, changeUsername, confirmIdentity, readAccount, updateMe } from './account.ts'
import { changePhone, removePhone, verifyPhone } from './phone.ts'
import { beginSecondFactor, confirmSecondFactor, removeSecondFactor, renewRecoveryCodes } from './second-factor.ts'

/** HTTP of the person's own account. */
export const accountRoutes: Routes = (app) => {
  app.route({ ...account.get, handler: (req) => readAccount(req.ctx) })
  app.route({ ...account.update, handler: (req) => updateMe(req.ctx, req.body) })
  app.route({ ...account.changeUsername, handler: (req) => changeUsername(req.ctx, req.body.username) })
  app.route({
    ...account.beginSecondFactor,
    handler: async (req, reply) => reply.code(201).send(await beginSecondFactor(req.ctx)),
  })
  app.route({ ...account.confirmSecondFactor, handler: (req) => confirmSecondFactor(req.ctx, req.body.code) })
  app.route({ ...account.renewRecoveryCodes, handler: (req) => renewRecoveryCodes(req.ctx) })
  app.route({
    ...account.confirm,
    handler: async (req, reply) => {
      await confirmIdentity(req.ctx, req.body)
      return reply.code(204).send(null)
    },
  })
  app.route({
    ...account.changePassword,
    handler: async (req, reply) => {
      await changePassword(req.ctx, req.body.password)
      return reply.code(204).send(null)
    },
  })
  app.route({
    ...account.changeEmail,
    handler: async (req, reply) => {
      await changeEmail(req.ctx, req.body.email)
      return reply.code(204).send(null)
    },
  })
  app.route({
    ...account.changePhone,
    handler: async (req, reply) => {
      await changePhone(req.ctx, req.body.phone)
      return reply.code(204).send(null)
    },
  })
  app.route({
    ...account.verifyPhone,
    handler: async (req, reply) => {
      await verifyPhone(req.ctx, req.body.code)
      return reply.code(204).send(null)
    },
  })
  app.route({
    ...account.removePhone,
    handler: async (req, reply) => {
      await removePhone(req.ctx)
      return reply.code(204).send(null)
    },
  })
  app.route({
    ...account.removeSecondFactor,
    handler: async (req, reply) => {
      await removeSecondFactor(req.ctx)
      return reply.code(204).send(null)
    },
  })
}
