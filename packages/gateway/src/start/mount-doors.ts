import type { FastifyInstance } from 'fastify'
import { mountGraphql } from '../journey/accept/graphql/mount-graphql.ts'
import { mountNative } from '../journey/accept/native/mount-native.ts'
import { mountPlatform } from '../journey/accept/platform/mount-platform.ts'
import { graphqlEmit } from '../journey/emit/graphql/graphql-emit.ts'
import { nativeEmit } from '../journey/emit/native/native-emit.ts'
import { operate } from '../journey/operate.ts'
import type { Metrics } from '../journey/record/metrics.ts'
import type { Journey } from '../journey/serve.ts'
import type { Catalog } from '../kernel/catalog.ts'
import type { Clock } from '../kernel/clock.ts'
import type { DoorContext } from '../kernel/door.ts'
import type { AstraError } from '../kernel/errors.ts'
import type { Operation } from '../kernel/operation.ts'
import { callerOf, sendError } from './http-server.ts'
import { mountOperationsDoor } from './operations-door.ts'

export interface Doors {
  readonly clock: Clock
  readonly catalog: () => Catalog
  readonly operations: readonly Operation[]
  readonly journey: Journey
  readonly metrics: Metrics
  readonly bodyBytesMax: number
  readonly notReady: () => readonly string[]
  /** Of a fault of ours outside a call's journey: its caller sees `internal`, an operator the reason. */
  readonly report: (error: AstraError) => void
}

/** Every door of the gateway; a new one is a folder under accept, one under emit, and a line here. */
export function mountDoors(http: FastifyInstance, doors: Doors): void {
  const { clock, catalog, operations, journey, bodyBytesMax, report } = doors
  const context: DoorContext = { clock, catalog, operations, serve: journey.serve, refuse: journey.refuse, operate }
  mountNative(http, { context, emit: nativeEmit, callerOf, bodyBytesMax })
  mountPlatform(http, { context, callerOf, error: sendError, bodyBytesMax, report })
  mountGraphql(http, context, callerOf, graphqlEmit, report)
  mountOperationsDoor(http, doors)
}
