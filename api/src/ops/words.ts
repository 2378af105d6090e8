import type { TaskName } from '../core/enqueue.ts'

interface TaskWords {
  /** What it does, as an operator would say it. */
  name: string
  /** What stays undone when a job of it is discarded. */
  ifDiscarded: string
}

const words: Record<TaskName, TaskWords> = {
  deliver_message: { name: 'Send a message', ifDiscarded: 'The message stays unsent. The firm can send a new one.' },
  finish_link_session: {
    name: 'Finish a bank sign-in',
    ifDiscarded: 'The bank stays unconnected. The client can choose it once more.',
  },
  sync_connection: { name: 'Fetch transactions', ifDiscarded: 'New transactions come with the next daily look at the bank.' },
  disconnect_bank: { name: 'Disconnect a bank', ifDiscarded: 'The bank provider keeps the access, and charges for it.' },
  apply_rules: { name: 'Apply rules', ifDiscarded: 'Open rows keep their coding until the next change of rules.' },
  push_books: { name: 'Push to QuickBooks', ifDiscarded: 'Entries stay on their way until the firm pushes to the same company again.' },
  refresh_books: { name: 'Read the QuickBooks lists', ifDiscarded: 'Accounts and vendors stay as they are until the next refresh.' },
  revoke_books: { name: 'Give QuickBooks access back', ifDiscarded: 'Intuit keeps the access until it runs out.' },
  handle_webhook: { name: 'Handle a webhook', ifDiscarded: 'What the provider reported is not acted on.' },
  seal_audit: { name: 'Seal the audit log', ifDiscarded: 'New entries are sealed with the next change at the firm.' },
  poll_connections: { name: 'Look at all banks', ifDiscarded: 'The next look comes within 15 minutes.' },
  sweep: { name: 'Clear out', ifDiscarded: 'The next clearing out comes within the hour.' },
  rewrap_keys: { name: 'Wrap keys anew', ifDiscarded: 'Data keys keep their wrapping until the next night.' },
}

/** Whether this version of the product has the task. */
export const isTask = (task: string): task is TaskName => Object.hasOwn(words, task)

/** The task in words; one that this version does not know any more speaks for itself. */
export function wordsOf(task: string): TaskWords {
  return isTask(task) ? words[task] : { name: task, ifDiscarded: 'This version has no such work any more; nothing is lost.' }
}
