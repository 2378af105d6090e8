import type { JsonObject } from './json.ts'
import { answerTime } from './time.ts'

export type FaultType = 'ValidationFault' | 'AuthorizationFault' | 'SystemFault'

/** A refusal in Intuit's words. `status` is the HTTP status when it is the answer to a single call, not a batch item. */
export class IntuitFault extends Error {
  readonly code: string
  readonly detail: string
  readonly element: string
  readonly type: FaultType
  readonly status: number

  constructor(fault: { code: string; message: string; detail: string; element?: string; type?: FaultType; status?: number }) {
    super(fault.message)
    this.name = 'IntuitFault'
    this.code = fault.code
    this.detail = fault.detail
    this.element = fault.element ?? ''
    this.type = fault.type ?? 'ValidationFault'
    this.status = fault.status ?? 400
  }

  /** `{Error: [...], type}`, the value below `Fault`. */
  toFault(): JsonObject {
    return { Error: [{ Message: this.message, Detail: this.detail, code: this.code, element: this.element }], type: this.type }
  }

  /** The whole body of the answer to a single call. */
  toBody(now: Date): JsonObject {
    return { Fault: this.toFault(), time: answerTime(now) }
  }
}

/** The body of every 401, which has lower-case keys unlike all other faults. */
export function authenticationBody(detail: string, now: Date): JsonObject {
  const message = 'message=AuthenticationFailed; errorCode=003200; statusCode=401'
  return {
    warnings: null,
    intuitObject: null,
    fault: { error: [{ message, detail, code: '3200', element: null }], type: 'AUTHENTICATION' },
    report: null,
    queryResponse: null,
    batchItemResponse: [],
    attachableResponse: [],
    syncErrorResponse: null,
    requestId: null,
    time: now.getTime(),
    status: null,
    cdcresponse: [],
  }
}

// The codes are Intuit's published ones. The `Detail` texts follow its documentation; clients must not depend on them.

export const missing = (parameter: string): IntuitFault =>
  new IntuitFault({
    code: '2020',
    message: 'Required param missing, need to supply the required value for the API',
    detail: `Required parameter ${parameter} is missing in the request`,
    element: parameter,
  })

export const unsupported = (property: string): IntuitFault =>
  new IntuitFault({
    code: '2010',
    message: 'Request has invalid or unsupported property',
    detail: `Property Name:${property} specified is unsupported or invalid`,
    element: property,
  })

export const unreadable = (detail: string): IntuitFault => new IntuitFault({ code: '2000', message: 'Invalid request', detail })

export const tooLong = (element: string, lengthMax: number, length: number): IntuitFault =>
  new IntuitFault({
    code: '2050',
    message: 'String length specified does not match the supported length',
    detail: `String length is either shorter or longer than supported by specification. Supported Max Length:${lengthMax} supplied length:${length}`,
    element,
  })

export const badText = (element: string, detail: string): IntuitFault =>
  new IntuitFault({ code: '2040', message: 'Invalid String', detail: `Invalid String: ${detail}`, element })

export const badNumber = (element: string, detail: string): IntuitFault =>
  new IntuitFault({ code: '2090', message: 'Invalid Number', detail: `Invalid Number : ${element} ${detail}`, element })

export const badDate = (element: string, value: string): IntuitFault =>
  new IntuitFault({ code: '2210', message: 'Invalid Date', detail: `Invalid Date : ${value}`, element })

export const badEnum = (element: string, value: string): IntuitFault =>
  new IntuitFault({ code: '2170', message: 'Invalid Enumeration', detail: `Invalid Enumeration : ${value}`, element })

export const badReference = (list: string, id: string, element: string): IntuitFault =>
  new IntuitFault({
    code: '2500',
    message: 'Invalid Reference Id',
    detail: `Invalid Reference Id : ${list} element id ${id} not found`,
    element,
  })

export const inactive = (element: string): IntuitFault =>
  new IntuitFault({
    code: '610',
    message: 'Object Not Found',
    detail:
      "Object Not Found : Something you're trying to use has been made inactive. Check the fields with accounts, customers, items, vendors or employees.",
    element,
  })

export const notFound = (what: string): IntuitFault =>
  new IntuitFault({ code: '610', message: 'Object Not Found', detail: `Object Not Found : ${what}` })

export const stale = (): IntuitFault =>
  new IntuitFault({
    code: '5010',
    message: 'Stale Object Error',
    detail:
      'Stale Object Error : You and another user were working on this at the same time. The other user finished before you did, so your work was not saved.',
  })

export const businessRule = (detail: string, element = ''): IntuitFault =>
  new IntuitFault({
    code: '6000',
    message: 'A business validation error has occurred while processing your request',
    detail: `Business Validation Error: ${detail}`,
    element,
  })

export const wrongAccountType = (detail: string, element: string): IntuitFault =>
  new IntuitFault({ code: '6010', message: 'Invalid Account Type', detail: `Invalid Account Type: ${detail}`, element })

export const unbalanced = (detail: string): IntuitFault =>
  new IntuitFault({ code: '6070', message: 'Amount calculation incorrect in the request', detail })

export const duplicateDocNumber = (docNumber: string, entity: string, id: string): IntuitFault =>
  new IntuitFault({
    code: '6140',
    message: 'Duplicate Document Number Error',
    detail: `Duplicate Document Number Error : You must specify a different number. This number has already been used. DocNumber=${docNumber} is assigned to TxnType=${entity} with TxnId=${id}`,
  })

export const partOfDeposit = (): IntuitFault =>
  new IntuitFault({
    code: '6540',
    message: 'Deposited Transaction cannot be changed',
    detail:
      'This transaction has been deposited. If you want to change or delete it, you must edit the deposit it appears on and remove it first.',
  })

export const companyLapsed = (): IntuitFault =>
  new IntuitFault({
    code: '6190',
    message: 'Invalid Company Status',
    detail:
      "Subscription period has ended or canceled or there was a billing problem : You can't add data to QuickBooks Online because your trial or subscription period ended or canceled or there was a billing problem.",
  })

export const periodClosed = (): IntuitFault =>
  new IntuitFault({
    code: '6210',
    message: 'Account Period Closed, Cannot Update Through Services API',
    detail:
      'The account period has closed and the account books cannot be updated through the QBO Services API. Please use the QBO website to make these changes.',
  })

export const duplicateName = (id: string): IntuitFault =>
  new IntuitFault({ code: '6240', message: 'Duplicate Name Exists Error', detail: `The name supplied already exists. : Id=${id}` })

export const operationUnsupported = (operation: string): IntuitFault =>
  new IntuitFault({ code: '500', message: 'Unsupported Operation', detail: `Operation ${operation} is not supported.` })

export const parserError = (detail: string): IntuitFault =>
  new IntuitFault({ code: '4000', message: 'Error parsing query', detail: `QueryParserError: ${detail}` })

export const invalidQuery = (detail: string): IntuitFault =>
  new IntuitFault({ code: '4001', message: 'Invalid query', detail: `QueryValidationError: ${detail}` })

export const throttled = (): IntuitFault =>
  new IntuitFault({
    code: '3001',
    message: 'message=ThrottleExceeded; errorCode=003001; statusCode=429',
    detail: 'You have exceeded the API throttle limit. Wait 60 seconds and try again.',
    type: 'SystemFault',
    status: 429,
  })

export const notYourCompany = (): IntuitFault =>
  new IntuitFault({
    code: '120',
    message: 'Authorization Failure',
    detail: 'AuthorizationFailure: The token gives no permission for this company',
    type: 'AuthorizationFault',
    status: 403,
  })

export const notEmulated = (what: string): IntuitFault =>
  new IntuitFault({ code: '500', message: 'Unsupported Operation', detail: what, type: 'SystemFault', status: 501 })

export const systemFailure = (): IntuitFault =>
  new IntuitFault({
    code: '10000',
    message: 'An application error has occurred while processing your request',
    detail: 'System Failure Error: unexpected internal error',
    type: 'SystemFault',
    status: 500,
  })
