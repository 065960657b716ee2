import type { Operation } from '../../kernel/operation.ts'
import { auditOperations } from './audit.ts'
import { cacheOperations } from './cache.ts'
import { callOperations } from './calls.ts'
import { contractOperations } from './contracts.ts'
import { deploymentOperations } from './deployments.ts'
import { driftOperations } from './drift.ts'
import { evaluationOperations } from './evaluations.ts'
import { experimentOperations } from './experiments.ts'
import { explainOperations } from './explain.ts'
import { feedbackOperations } from './feedback.ts'
import { judgeOperations } from './judges.ts'
import { keyOperations } from './keys.ts'
import { limitOperations } from './limits.ts'
import { manifestOperations } from './manifest.ts'
import { payloadOperations } from './payloads.ts'
import type { OperationPorts } from './ports.ts'
import { replicaOperations } from './replicas.ts'
import { setOperations } from './sets.ts'
import { shadowOperations } from './shadow.ts'
import { statusOperations } from './status.ts'
import { tokenOperations } from './tokens.ts'
import { trafficOperations } from './traffic.ts'
import { usageOperations } from './usage.ts'

/** Every operation of the platform API, in the order in which documents list them. */
export function platformOperations(ports: OperationPorts): readonly Operation[] {
  return [
    deploymentOperations,
    contractOperations,
    manifestOperations,
    trafficOperations,
    shadowOperations,
    judgeOperations,
    driftOperations,
    experimentOperations,
    setOperations,
    evaluationOperations,
    replicaOperations,
    cacheOperations,
    keyOperations,
    tokenOperations,
    callOperations,
    payloadOperations,
    explainOperations,
    limitOperations,
    usageOperations,
    feedbackOperations,
    auditOperations,
    statusOperations,
  ].flatMap((operationsOf) => operationsOf(ports))
}
