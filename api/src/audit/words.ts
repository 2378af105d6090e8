import type { AuditKind } from '@ledgersync/shared/audit'

interface ActionWords {
  kind: AuditKind
  /** What was done, past tense, without who and to what. */
  what: string
}

const of = (kind: AuditKind, actions: Record<string, string>): [string, ActionWords][] =>
  Object.entries(actions).map(([action, what]) => [action, { kind, what }])

/** Every action that is ever recorded. A test reads the sources and fails on one that has no words. */
export const actionWords: ReadonlyMap<string, ActionWords> = new Map([
  ...of('access', {
    'session.opened': 'Signed in',
    'session.closed': 'Signed out',
    'session.revoked': 'Ended a session',
    'staff.verification_sent': 'Asked for a verification e-mail',
    'staff.email_verified': 'Verified the e-mail',
    'staff.email_change_asked': 'Asked to change the e-mail',
    'staff.updated': 'Changed name or time zone',
    'staff.username_changed': 'Changed the username',
    'staff.username_sent': 'Was sent the username',
    'staff.password_changed': 'Changed the password',
    'staff.password_recovery_sent': 'Was sent a link to choose a password',
    'staff.password_reset': 'Chose a new password by the link',
    'staff.phone_change_asked': 'Asked to change the phone',
    'staff.phone_changed': 'Verified the phone',
    'staff.phone_removed': 'Removed the phone',
    'staff.second_factor_begun': 'Began to set a second factor',
    'staff.second_factor_set': 'Set a second factor',
    'staff.second_factor_removed': 'Removed the second factor',
    'staff.second_factor_reset': 'Removed second factor and passkeys of a colleague',
    'staff.recovery_codes_renewed': 'Made new recovery codes',
    'staff.recovery_code_used': 'Used a recovery code',
    'staff.passkey_added': 'Added a passkey',
    'staff.passkey_renamed': 'Renamed a passkey',
    'staff.passkey_removed': 'Removed a passkey',
    'staff.locked': 'Was locked out after wrong tries',
    'staff.unlocked': 'Unlocked a colleague',
    'session.confirmed': 'Confirmed who they are',
    'session.others_revoked': 'Ended the other sessions',
  }),
  ...of('team', {
    'staff_invite.created': 'Invited a colleague',
    'staff_invite.sent_again': 'Sent an invitation again',
    'staff_invite.withdrawn': 'Withdrew an invitation',
    'staff.joined': 'Joined the firm',
    'staff.changed': 'Changed role or permissions',
    'staff.deactivated': 'Let a colleague leave',
    'staff.reactivated': 'Took a colleague back',
  }),
  ...of('firm', {
    'firm.created': 'Created the firm',
    'firm.updated': 'Changed settings',
    'group.created': 'Added a group',
    'group.renamed': 'Renamed a group',
    'group.deleted': 'Deleted a group',
    'template.created': 'Added a message template',
    'template.changed': 'Changed a message template',
    'template.archived': 'Put a message template away',
    'template.restored': 'Brought a message template back',
    'template.picked': 'Picked the template for messages',
    'template.test_sent': 'Sent a template to themselves',
    'audit.check_requested': 'Asked for a check of the audit log',
    'audit.checked': 'Checked the audit log',
    'audit.exported': 'Downloaded the audit log',
  }),
  ...of('clients', {
    'client.created': 'Added the client',
    'client.changed': 'Changed the client',
    'client.deleted': 'Deleted the client',
    'client.assigned': 'Assigned staff',
    'client.staff_added': 'Assigned a colleague',
    'client.staff_removed': 'Took a colleague off the client',
    'client.handed_over': 'Handed the client over',
    'client.bank_asked': 'Asked for a bank',
    'client.bank_removed': 'Stopped asking for a bank',
    'client.sync_requested': 'Synchronized the banks',
    'client.locked': 'Locked the client',
    'client.unlocked': 'Unlocked the client',
    'client.exported': 'Downloaded all we hold of the client',
    'bulk.started': 'Began to change many clients',
    'client_list.columns_chosen': 'Chose the columns of their client list',
    'client_filter.saved': 'Saved a filter',
    'client_filter.removed': 'Removed a saved filter',
    'upload.created': 'Uploaded a list of clients',
    'upload.matched': 'Said what the columns of a list mean',
    'upload.corrected': 'Corrected a cell of a list',
    'upload.started': 'Asked for the clients of a list to be added',
    'upload.refused': 'Added nothing of a list',
    'upload.written': 'Added the clients of a list',
    'upload.deleted': 'Deleted an uploaded list',
  }),
  ...of('invites', {
    'invite.created': 'Invited the client',
    'invite.revoked': 'Revoked an invite',
    'invite.reminded': 'Reminded a client of an invite',
    'client.asked_to_sign_in': 'Asked a client to sign in at a bank again',
    'invite.remind_later': 'Asked to be reminded later',
    'link.claimed': 'Opened the link',
    'link.code_sent': 'Sent a code for another browser',
    'link.newest_asked': 'Asked for the newest link',
  }),
  ...of('statements', {
    'statement.received': 'Sent a statement',
    'statement.downloaded': 'Downloaded a statement',
    'statement.deleted': 'Deleted a statement',
  }),
  ...of('banks', {
    'connection.sign_in_opened': 'Opened the sign-in of a bank',
    'connection.added': 'Connected a bank',
    'connection.linked_again': 'Connected a bank again',
    'connection.signed_in_again': 'Signed in at a bank again',
    'connection.not_completed': 'Did not complete a bank sign-in',
  }),
  ...of('review', {
    'transaction.coded': 'Coded a transaction',
    'transactions.approved': 'Approved transactions',
    'transactions.unapproved': 'Took approval back',
  }),
  ...of('rules', {
    'rule.created': 'Added a rule',
    'rule.updated': 'Changed a rule',
    'rule.moved': 'Moved a rule',
    'rule.deleted': 'Deleted a rule',
    'category.created': 'Added a category',
  }),
  ...of('books', {
    'books.connected': 'Connected QuickBooks',
    'books.reconnected': 'Connected QuickBooks again',
    'books.disconnected': 'Disconnected QuickBooks',
    'books.access_ended': 'Lost access to QuickBooks',
    'mapping.account_changed': 'Mapped a bank account',
    'mapping.category_changed': 'Mapped a category',
    'pushes.requested': 'Pushed to QuickBooks',
    'pushes.retried': 'Retried a push',
    'pushes.undo_requested': 'Asked to undo a push',
    'pushes.undone': 'Took entries back out of QuickBooks',
    'pushes.undo_held_back': 'Could not take entries back',
  }),
  ...of('other', { 'job.retried': 'Retried failed work', 'job.discarded': 'Discarded failed work' }),
])

/** Every action of a kind. */
export function actionsOf(kind: AuditKind): string[] {
  return [...actionWords].flatMap(([action, words]) => (words.kind === kind ? [action] : []))
}

/** What was done, in words; an action of an earlier version speaks for itself. */
export const whatOf = (action: string): string => actionWords.get(action)?.what ?? action.replaceAll(/[._]/g, ' ')
