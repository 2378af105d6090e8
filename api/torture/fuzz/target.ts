import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { idPattern } from '../../src/core/cursor.ts'
import type { TestApp } from '../../test/harness.ts'
import type { Schema } from './values.ts'

/** Whose signature a webhook carries. */
export type Provider = 'plaid' | 'intuit' | 'twilio' | 'sendgrid'

/** Something that requests are made for: an operation of the OpenAPI document, a page, a webhook, a file. */
export interface Target {
  /** The operation id, or the method and path. */
  id: string
  method: string
  /** With `{name}` for parameters. */
  path: string
  params: Record<string, Schema>
  query: { name: string; schema: Schema; required: boolean }[]
  body: Schema | null
  /** `files`: a form whose members are files by name. */
  encoding: 'json' | 'form' | 'files'
  /** Needs a session. */
  forStaff: boolean
  /** Only operators of the installation get past the door. */
  forOperators: boolean
  /** How often it is chosen, beside the others. */
  weight: number
  signedBy: Provider | null
  /** These bytes in place of a request, for what is no HTTP. */
  bytes: Buffer | null
  /** What is wrong with an answer that this target gave, or null. `body` is undefined for HEAD. */
  objection(status: number, mediaType: string, body: string | undefined): string | null
}

/** Documented, but nothing to compare with a schema. */
const noJson = new Set(['text/event-stream', 'text/csv', 'application/zip', 'application/octet-stream'])

interface Content {
  schema?: Schema
}
interface Response {
  $ref?: string
  content?: Record<string, Content>
}
interface Operation {
  operationId: string
  parameters?: { name: string; in: string; required?: boolean; schema: Schema }[]
  requestBody?: { content?: Record<string, Content> }
  security?: { session?: string[] }[]
  responses: Record<string, Response>
}
interface Document {
  paths: Record<string, Record<string, Operation>>
  components: { responses: Record<string, Response>; schemas: Record<string, object> }
}

/** Reads `/openapi.json` and makes every operation in it a target; operations that are added later come by themselves. */
export async function documentedTargets(test: TestApp): Promise<Target[]> {
  const { body } = await test.request().get('/openapi.json')
  // The document is what this test is about: whatever it lacks shows as an answer that it does not describe
  const document = body as Document
  // Tidying the code of a check takes longer than the check ever runs
  const ajv = new Ajv2020({ strict: false, allErrors: false, code: { optimize: false } })
  // ajv-formats is CommonJS: under NodeNext its default export is the module, whose `default` is the plugin
  const plugin = addFormats as unknown as typeof addFormats.default
  plugin(ajv, ['date', 'date-time', 'email'])
  ajv.addFormat('uuid', idPattern)
  ajv.addSchema({ $id: 'document', components: document.components })
  const check = checks(ajv)
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => toTarget({ check, document, path, method: method.toUpperCase(), operation })),
  )
}

/** What breaks the schema, in words; null when nothing does. */
type Check = (schema: Schema, value: unknown) => string | null

/** Each schema is compiled when the first answer is held against it: most errors are documented everywhere and met nowhere. */
function checks(ajv: Ajv2020): Check {
  const compiled = new Map<string, ValidateFunction>()
  return (schema, value) => {
    // With references that lead into the document
    const text = JSON.stringify(schema).replaceAll('"#/components/', '"document#/components/')
    const validate = compiled.get(text) ?? ajv.compile(JSON.parse(text) as object) // JSON of an object
    compiled.set(text, validate)
    return validate(value) ? null : ajv.errorsText(validate.errors)
  }
}

function toTarget(parts: { check: Check; document: Document; path: string; method: string; operation: Operation }): Target {
  const { method, path, operation } = parts
  const parameters = operation.parameters ?? []
  const inPath = parameters.filter((parameter) => parameter.in === 'path')
  return {
    id: operation.operationId,
    method,
    path,
    params: Object.fromEntries(inPath.map(({ name, schema }) => [name, schema])),
    query: parameters
      .filter((each) => each.in === 'query')
      .map(({ name, schema, required }) => ({ name, schema, required: required === true })),
    body: operation.requestBody?.content?.['application/json']?.schema ?? null,
    encoding: 'json',
    forStaff: (operation.security ?? []).length > 0,
    forOperators: (operation.security ?? []).some(({ session = [] }) => session.includes('operator')),
    weight: 10,
    signedBy: null,
    bytes: null,
    objection: objections(parts),
  }
}

function objections({ check, document, operation }: { check: Check; document: Document; operation: Operation }): Target['objection'] {
  const answers = new Map<number, Map<string, Schema>>()
  for (const [status, response] of Object.entries(operation.responses)) {
    const name = response.$ref?.split('/').at(-1)
    const { content = {} } = name === undefined ? response : (document.components.responses[name] ?? {})
    answers.set(Number(status), new Map(Object.entries(content).map(([type, { schema = {} }]) => [type, schema])))
  }
  return (status, mediaType, body) => {
    const content = answers.get(status)
    if (content === undefined) return `the status ${status} is not documented`
    if (body === undefined) return null
    if (content.size === 0) return body === '' ? null : `the documented answer ${status} has no body`
    const schema = content.get(mediaType)
    if (schema === undefined) return `the documented answer ${status} is no ${mediaType || 'answer without type'}`
    if (noJson.has(mediaType)) return null
    const value = parsed(body)
    if (value === undefined) return `the body of ${status} is no JSON`
    const broken = check(schema, value)
    return broken === null ? null : `the body of ${status} breaks its schema: ${broken}`
  }
}

/** The value of a JSON text, or undefined when it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
