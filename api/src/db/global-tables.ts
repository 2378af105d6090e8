/** Every table that belongs to no firm, with the reason. The catalogue test knows no others. */
export const globalTables: Record<string, string> = {
  access_requests: 'Recovery is asked for before it is known whether anybody has that name',
  global_keys: 'Usernames, link hashes and provider ids are looked up before the firm is known',
  opt_outs: 'STOP belongs to a pair of sender and number and outlives firm and client',
  webhook_inbox: 'A webhook is stored before its firm is known',
  webhook_listening: 'Since when the API takes webhooks, of whichever firm',
  attempts: 'Attempts are counted before anybody has signed in',
  passkey_challenges: 'A challenge is answered before it is known whose passkey it is',
  sign_in_locks: 'Guesses are counted for names that nobody has as for others',
  pace: 'The pace of calls belongs to a provider, an account there or a company, over all firms',
  schema_migrations: 'Which migrations have run',
}
