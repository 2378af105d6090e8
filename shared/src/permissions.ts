import { type Static, Type } from 'typebox'

/** Bulk work that an employee does only when an administrator has allowed it; administrators do all of it. */
export const Permission = Type.Enum(['approve_many', 'push', 'undo', 'global_rules'], {
  description:
    'approve_many: approve more than one row at once; push: push to QuickBooks; undo: take entries back out of QuickBooks; global_rules: change what every client shares',
})
export type Permission = Static<typeof Permission>

/** What each allows, as people read it. */
export const permissionWords: Record<Permission, string> = {
  approve_many: 'Approve many rows at once',
  push: 'Push to QuickBooks',
  undo: 'Take entries back out of QuickBooks',
  global_rules: 'Edit global rules and categories',
}

/** Every permission, in the order people read them. */
// Object.keys of a record over a union are that union
export const allPermissions = Object.keys(permissionWords) as Permission[]

/** What a person is told who lacks one. */
export const permissionMissing = (permission: Permission): string =>
  `An administrator of your firm has to allow you this first: “${permissionWords[permission]}”.`
