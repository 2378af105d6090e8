import type { JsonObject } from './json.ts'

/** One authenticated call of the company API, before any work was done for it. */
export interface CompanyCall {
  realmId: string
  method: string
  /** Path below the company, such as `purchase` or `batch`. */
  path: string
  requestId: string | null
  /** For an entity call its wire body, for reads an empty object. */
  body: unknown
}

export interface CompanyAnswer {
  status: number
  body: JsonObject
}

/** What happens to the answer: it is sent, or the connection is cut without a byte of it. */
export type Outcome = CompanyAnswer | 'cut'

/** Does the work. With `ignoreRequestId` the call is treated as if it carried no `requestid`. */
export type Work = (how?: { ignoreRequestId?: boolean }) => CompanyAnswer

/**
 * Stands between a call and the books, the one place where faults are planned: call `work` and return `'cut'` for a
 * commit whose answer is lost, return `'cut'` or an answer without calling it for a call that never arrived, wait
 * before it for a slow service. The books change only when `work` is called.
 */
export type Interceptor = (call: CompanyCall, work: Work) => Outcome | Promise<Outcome>
