import { createRootRoute, createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { ForgotUsernamePage } from './features/access/forgot-username-page.tsx'
import { LostPasswordPage } from './features/access/lost-password-page.tsx'
import { ResetPasswordPage } from './features/access/reset-password-page.tsx'
import { SignInPage } from './features/access/sign-in-page.tsx'
import { SignUpPage } from './features/access/sign-up-page.tsx'
import { VerifyLinkPage } from './features/access/verify-link-page.tsx'
import { paths } from './paths.ts'
import { RouteMissing } from './shell/route-states.tsx'

/** Above every page. */
export const root = createRootRoute({ notFoundComponent: RouteMissing })

const signIn = createRoute({
  getParentRoute: () => root,
  path: paths.signIn,
  component: SignInPage,
  validateSearch: (search): { to?: string } => (isOwnPath(search.to) ? { to: search.to } : {}),
})
const signUp = createRoute({ getParentRoute: () => root, path: paths.signUp, component: SignUpPage })
const verifyEmail = createRoute({ getParentRoute: () => root, path: paths.verifyEmail, component: VerifyLinkPage })
const lostPassword = createRoute({ getParentRoute: () => root, path: paths.lostPassword, component: LostPasswordPage })
const forgotUsername = createRoute({ getParentRoute: () => root, path: paths.forgotUsername, component: ForgotUsernamePage })
const resetPassword = createRoute({ getParentRoute: () => root, path: paths.resetPassword, component: ResetPasswordPage })

const join = createRoute({
  getParentRoute: () => root,
  path: paths.join,
  component: lazyRouteComponent(() => import('./features/team/join-page.tsx'), 'JoinPage'),
})

/** Only addresses of this site: never `//elsewhere.example` or `https:`. */
function isOwnPath(to: unknown): to is string {
  return typeof to === 'string' && /^\/(?![/\\])[^\s\\]*$/.test(to)
}

/** The pages of whoever is not signed in. */
export const outsideRoutes = [signIn, signUp, verifyEmail, join, lostPassword, forgotUsername, resetPassword] as const
