import selectSerializer from '@fastify/fast-json-stringify-compiler'
import type { App } from './app-type.ts'

/** Answers are written by the framework's own compiler, but each route's is compiled when it first answers: most of a start went into that. */
export function registerSerialization(app: App): void {
  const compile = selectSerializer()()
  app.setSerializerCompiler((route) => {
    let serialize: ReturnType<typeof compile> | undefined
    return (answer: unknown) => {
      serialize ??= compile({ ...route, schema: withoutPatterns(route.schema), httpStatus: route.httpStatus ?? '' })
      return serialize(answer)
    }
  })
}

/**
 * Patterns judge what comes in. In an answer they would only tell the members of a union apart, and refuse to write what was taken
 * before a pattern became stricter.
 */
function withoutPatterns<T>(schema: T): T {
  if (typeof schema !== 'object' || schema === null) return schema
  if (Array.isArray(schema)) return schema.map(withoutPatterns) as T // the same array, member by member
  const members = Object.entries(schema).filter(([name, member]) => name !== 'pattern' || typeof member !== 'string')
  return Object.fromEntries(members.map(([name, member]) => [name, withoutPatterns(member)])) as T // the same, less patterns
}
