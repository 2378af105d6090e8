import type fc from 'fast-check'
import { type Command, commandOf, commandsOf } from '../step.ts'
import { bankModifies, bankPosts, bankRemoves, bankSends, breakLogin, repairLogin, revokeAtBank, synchronize } from './banks.ts'
import { closePeriod, connectBooks, disconnectBooks, mapAccount, mapCategory } from './books.ts'
import { approve, codeByHand, pushAll, retry, unapprove, undoBatch, undoOne } from './ledger.ts'
import { addClient, connectByStaff, deleteClient, invite, lock, revokeInvite, stop, useLink } from './people.ts'
import { changeRule, deleteRule, makeRule, moveRule } from './rules.ts'

/** Every command there is, each as often as it is to come. */
export const allCommands: fc.Arbitrary<Command>[] = [
  ...commandsOf(addClient),
  ...commandsOf(invite),
  ...commandsOf(revokeInvite),
  ...commandsOf(useLink),
  ...commandsOf(connectByStaff),
  ...commandsOf(lock),
  ...commandsOf(deleteClient),
  ...commandsOf(stop),
  ...commandsOf(bankSends),
  ...commandsOf(bankPosts),
  ...commandsOf(bankModifies),
  ...commandsOf(bankRemoves),
  ...commandsOf(breakLogin),
  ...commandsOf(repairLogin),
  ...commandsOf(revokeAtBank),
  ...commandsOf(synchronize),
  ...commandsOf(makeRule),
  ...commandsOf(changeRule),
  ...commandsOf(deleteRule),
  ...commandsOf(moveRule),
  ...commandsOf(connectBooks),
  ...commandsOf(disconnectBooks),
  ...commandsOf(mapAccount),
  ...commandsOf(mapCategory),
  ...commandsOf(closePeriod),
  ...commandsOf(codeByHand),
  ...commandsOf(approve),
  ...commandsOf(unapprove),
  ...commandsOf(pushAll),
  ...commandsOf(undoOne),
  ...commandsOf(undoBatch),
  ...commandsOf(retry),
]

const invited = [commandOf(addClient, { invite: 'both' }, true)]

const banked = [
  commandOf(addClient, { invite: 'none' }, false),
  commandOf(connectByStaff, { client: 0, bank: 0 }, true),
  commandOf(
    bankSends,
    {
      login: 0,
      rows: [
        { account: 0, words: ['BRAVO'], amountMinor: -4_210, pending: false },
        { account: 0, words: ['ALPHA', 'CHARLIE'], amountMinor: 19_999, pending: true },
        { account: 1, words: ['CHARLIE'], amountMinor: -305, pending: false },
      ],
    },
    true,
  ),
]

const mapped = [
  ...banked,
  commandOf(connectBooks, { client: 0, company: 0 }, true),
  commandOf(mapAccount, { client: 0, account: 0, target: 0 }, false),
  commandOf(mapAccount, { client: 0, account: 1, target: 0 }, false),
  commandOf(mapCategory, { client: 0, category: 0, target: 0 }, false),
  commandOf(mapCategory, { client: 0, category: 1, target: 1 }, false),
  commandOf(makeRule, { client: 0, rule: { word: 'BRAVO', direction: 'both', category: 0, says: true, active: true } }, false),
  commandOf(codeByHand, { client: 0, row: 2, hand: { account: 'Insurance' } }, false),
]

const pushed = [...mapped, commandOf(approve, { client: 0, rows: 2 ** 12 - 1 }, false), commandOf(pushAll, { client: null }, true)]

/** What a sequence may begin with, so that short ones get deep: nothing, an invited client, a linked bank, mapped books, pushed rows. */
export const beginnings: readonly (readonly Command[])[] = [[], invited, banked, mapped, pushed]
