import type { TaskName } from '../core/enqueue.ts'

interface TaskWords {
  /** What it does, as an operator would say it. */
  name: string
  /** What comes of the work when a job of it is discarded. */
  ifDiscarded: string
}

/** Rows that need work and have no job get one again (recovery/service.ts). */
const recovered = 'It is asked for again within five minutes, for as long as it is needed.'

const words: Record<TaskName, TaskWords> = {
  deliver_message: { name: 'Send a message', ifDiscarded: recovered },
  finish_link_session: { name: 'Finish a bank sign-in', ifDiscarded: recovered },
  sync_connection: { name: 'Fetch transactions', ifDiscarded: 'New transactions come with the next daily look at the bank.' },
  disconnect_bank: { name: 'Disconnect a bank', ifDiscarded: recovered },
  apply_rules: { name: 'Apply rules', ifDiscarded: recovered },
  run_bulk: { name: 'Change many clients', ifDiscarded: recovered },
  run_upload: { name: 'Write the clients of a spreadsheet', ifDiscarded: recovered },
  push_books: { name: 'Push to QuickBooks', ifDiscarded: recovered },
  refresh_books: { name: 'Read the QuickBooks lists', ifDiscarded: recovered },
  revoke_books: { name: 'Give QuickBooks access back', ifDiscarded: recovered },
  handle_webhook: { name: 'Handle a webhook', ifDiscarded: recovered },
  handle_access_request: { name: 'Look into a request for access', ifDiscarded: recovered },
  seal_audit: { name: 'Seal the audit log', ifDiscarded: recovered },
  verify_audit: { name: 'Check the audit log', ifDiscarded: recovered },
  poll_connections: { name: 'Look at all banks', ifDiscarded: 'The next look comes within five minutes.' },
  ask_repairs: { name: 'Ask clients to sign in at broken banks', ifDiscarded: 'The next look comes within five minutes.' },
  remind_invites: { name: 'Remind clients of invites', ifDiscarded: 'The next look comes within five minutes.' },
  recover_work: { name: 'Find work without a job', ifDiscarded: 'The next look comes within five minutes.' },
  sweep: { name: 'Clear out', ifDiscarded: 'The next clearing out comes within the hour.' },
  rewrap_keys: { name: 'Wrap keys anew', ifDiscarded: 'Data keys keep their wrapping until the next night.' },
}

/** Whether this version of the product has the task. */
export const isTask = (task: string): task is TaskName => Object.hasOwn(words, task)

/** The task in words; one that this version does not know any more speaks for itself. */
export function wordsOf(task: string): TaskWords {
  return isTask(task) ? words[task] : { name: task, ifDiscarded: 'This version has no such work any more; nothing is lost.' }
}
