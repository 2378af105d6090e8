/** Every address of the application, so that links and routes cannot disagree. */
export const paths = {
  signIn: '/sign-in',
  signUp: '/sign-up',
  verifyEmail: '/verify-email',
  clients: '/clients',
  client: '/clients/$clientId',
  clientTransactions: '/clients/$clientId/transactions',
  clientRules: '/clients/$clientId/rules',
  clientMapping: '/clients/$clientId/mapping',
  clientMessages: '/clients/$clientId/messages',
  clientSettings: '/clients/$clientId/settings',
  connections: '/connections',
  rules: '/rules',
  review: '/review',
  syncStatus: '/sync-status',
  account: '/account',
  ops: '/ops',
} as const
