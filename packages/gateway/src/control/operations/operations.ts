import type { Operation } from '../../kernel/operation.ts'
import { callOperations } from './calls.ts'
import { contractOperations } from './contracts.ts'
import { deploymentOperations } from './deployments.ts'
import { feedbackOperations } from './feedback.ts'
import { keyOperations } from './keys.ts'
import { manifestOperations } from './manifest.ts'
import type { OperationPorts } from './ports.ts'
import { replicaOperations } from './replicas.ts'
import { statusOperations } from './status.ts'
import { trafficOperations } from './traffic.ts'
import { usageOperations } from './usage.ts'

/** Every operation of the platform API, in the order in which documents list them. */
export function platformOperations(ports: OperationPorts): readonly Operation[] {
  return [
    deploymentOperations,
    contractOperations,
    manifestOperations,
    trafficOperations,
    replicaOperations,
    keyOperations,
    callOperations,
    usageOperations,
    feedbackOperations,
    statusOperations,
  ].flatMap((operationsOf) => operationsOf(ports))
}
