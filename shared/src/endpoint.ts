import { type Static, type TObject, type TSchema, Type } from 'typebox'
import type { Download } from './common.ts'
import type { Permission } from './permissions.ts'

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'

/**
 * Who may call. `public`: anybody. `provider`: a bank, message or books provider, proved by its signature.
 * `staff`: any signed-in member of a firm. `administrator`: only members with that role. `operator`: only the staff who
 * administer the installation; to everybody else who is signed in, the address does not exist.
 */
export type Access = 'public' | 'provider' | 'staff' | 'administrator' | 'operator'

/** What an employee needs besides. With `many`, only when that list of the body holds more than one. */
export interface Need {
  permission: Permission
  many?: string
}

/**
 * Schemas of one endpoint. A query is as exact as a body: what `querystring` does not name is refused, unless the schema itself says
 * `additionalProperties: true`, as where others write the address. `response` holds the success answers; every operation can answer a problem, too.
 */
export interface EndpointSchema {
  params?: TObject
  querystring?: TObject
  body?: TSchema
  response: Record<number, TSchema | Download>
}

export interface Endpoint<S extends EndpointSchema = EndpointSchema> {
  method: Method
  /** Path below `/v1`, with `:name` for parameters. */
  url: string
  config: { access: Access; need?: Need }
  schema: S & { operationId: string; tags: string[]; summary: string; description: string }
}

interface Definition<S extends EndpointSchema> {
  /** Unique verb + noun, the operation id in the OpenAPI document. */
  id: string
  method: Method
  url: string
  access: Access
  /** Bulk work: what an employee needs besides. */
  need?: Need
  tag: string
  summary: string
  description: string
  schema: S
}

/** One HTTP operation, declared once: the API spreads it into its route and the web calls it. */
export function endpoint<const S extends EndpointSchema>(definition: Definition<S>): Endpoint<S> {
  const { id, method, url, access, need, tag, summary, schema } = definition
  const description = need === undefined ? definition.description : `${definition.description} ${needInWords(need)}`
  const config = { access, ...(need !== undefined && { need }) }
  const querystring = exactly(schema.querystring)
  return { method, url, config, schema: { ...schema, querystring, operationId: id, tags: [tag], summary, description } }
}

/** A parameter that is taken and passed over would widen what was asked for: a misspelt filter answers everything. */
function exactly(query: TObject = Type.Object({})): TObject {
  const exact = { additionalProperties: false, ...query }
  return exact
}

function needInWords({ permission, many }: Need): string {
  return `Employees need the permission \`${permission}\`${many === undefined ? '' : ` for more than one of \`${many}\``}.`
}

type Part<S, K extends keyof EndpointSchema> = S extends { [P in K]: infer T extends TSchema } ? Static<T> : undefined
type OptionalIfUndefined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: T[K]
}

/** What a caller passes: `{ params, query, body }`, each only where the endpoint has it. */
export type Input<E> =
  E extends Endpoint<infer S>
    ? OptionalIfUndefined<{ params: Part<S, 'params'>; query: Part<S, 'querystring'>; body: Part<S, 'body'> }>
    : never

/** What a caller gets back: the body of any success answer. */
export type Output<E> =
  E extends Endpoint<infer S>
    ? {
        [K in keyof S['response']]: K extends 200 | 201 | 202 | 204 ? Static<Extract<S['response'][K], TSchema>> : never
      }[keyof S['response']]
    : never
