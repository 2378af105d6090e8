import selectSerializer from '@fastify/fast-json-stringify-compiler'
import type { App } from './app-type.ts'

/** Answers are written by the framework's own compiler, but each route's is compiled when it first answers: most of a start went into that. */
export function registerSerialization(app: App): void {
  const compile = selectSerializer()()
  app.setSerializerCompiler((route) => {
    let serialize: ReturnType<typeof compile> | undefined
    return (answer: unknown) => {
      serialize ??= compile({ ...route, httpStatus: route.httpStatus ?? '' })
      return serialize(answer)
    }
  })
}
