import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { Background } from '../kit/background.ts'
import type { Faults } from '../kit/faults.ts'
import type { Store } from '../kit/store.ts'
import type { Books, Item } from './types.ts'
import type { Throttle } from './throttle.ts'
import type { Webhooks } from './webhooks.ts'

/** What every part of the emulator works with. */
export interface World {
  store: Store<Books>
  now(): Date
  webhooks: Webhooks
  throttle: Throttle
  faults: Faults
  /** How often in a row a plan of faults has ended an Item's paging. */
  interruptions: Map<string, number>
  /** Logins that mend by themselves. */
  background: Background
  /** How long a new Item has no transactions; its history follows after as long again. */
  firstSyncReadyMs: number
  /** Rows on one page of /transactions/sync at most, however many are asked for. */
  syncPageMax: number
  /** Origin of this server, known once it listens. */
  url(): string
  clientId: string
  secret: string
  /** Set when the server has gone: what a timer would still do is left undone. */
  closed: boolean
}

/** Books with nothing in them but a new signing key. Ids start from a random seed, so that no two emulators give the same. */
export function emptyBooks(now: Date): Books {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = privateKey.export({ format: 'jwk' })
  return {
    idSeed: randomBytes(12).toString('hex'),
    idCount: 0,
    signingKey: {
      kid: `${randomBytes(4).toString('hex')}-${randomBytes(2).toString('hex')}-4000-a000-${randomBytes(6).toString('hex')}`,
      createdAt: Math.floor(now.getTime() / 1000),
      jwk: { kty: 'EC', crv: 'P-256', x: jwk.x ?? '', y: jwk.y ?? '', d: jwk.d ?? '' },
    },
    linkTokens: {},
    publicTokens: {},
    items: {},
  }
}

/** The Item with this id, for the emulator's own powers. Throws when there is none. */
export function itemById(world: World, itemId: string): Item {
  const item = world.store.data.items[itemId]
  if (!item) throw new Error(`There is no item ${itemId}`)
  return item
}
