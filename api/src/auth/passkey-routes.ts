import { passkeys } from '@ledgersync/shared/passkeys'
import type { Routes } from '../http/app-type.ts'
import { setBrowserCookie, setSessionCookies } from '../http/cookies.ts'
import { readMe } from './me.ts'
import { beginPasskeySignIn, signInWithPasskey } from './passkey-sign-in.ts'
import { addPasskey, beginPasskey, listPasskeys, removePasskey, renamePasskey } from './passkeys.ts'
import { visitor } from './visitor-routes.ts'

/** HTTP of passkeys: having them, and signing in with one. */
export const passkeyRoutes: Routes = (app, deps) => {
  app.route({ ...passkeys.list, handler: async (req) => ({ items: await listPasskeys(req.ctx) }) })
  app.route({ ...passkeys.begin, handler: async (req, reply) => reply.code(201).send(await beginPasskey(req.ctx)) })
  app.route({ ...passkeys.add, handler: async (req, reply) => reply.code(201).send(await addPasskey(req.ctx, req.body)) })
  app.route({ ...passkeys.rename, handler: (req) => renamePasskey(req.ctx, req.params.passkeyId, req.body.name) })
  app.route({
    ...passkeys.remove,
    handler: async (req, reply) => {
      await removePasskey(req.ctx, req.params.passkeyId)
      return reply.code(204).send(null)
    },
  })
  app.route({ ...passkeys.beginSignIn, handler: async () => beginPasskeySignIn(deps) })
  app.route({
    ...passkeys.signIn,
    handler: async (req, reply) => {
      const { session, ctx, browser } = await signInWithPasskey(deps, visitor(req, deps), req.body)
      await setSessionCookies(reply, deps, session)
      setBrowserCookie(reply, deps, browser)
      return readMe(ctx)
    },
  })
}
