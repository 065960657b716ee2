import type { Call } from '../../kernel/call.ts'
import type { Caller } from '../../kernel/caller.ts'
import type { Catalog, Model } from '../../kernel/catalog.ts'
import { AstraError } from '../../kernel/errors.ts'
import { type Operation, permissionText } from '../../kernel/operation.ts'
import { nearest } from '../../kernel/schema/nearest.ts'

/** A call whose caller may make it, and whose model exists. Only `permit` makes one. */
export interface AdmittedCall {
  readonly call: Call
  readonly caller: Caller
  readonly catalog: Catalog
  readonly model: Model
}

/** May they? */
export function permit(call: Call, caller: Caller, catalog: Catalog): AdmittedCall {
  return { call, caller, catalog, model: permittedModel(call.model, caller, catalog) }
}

/** The permission, the model, and the caller's right to it. */
export function permittedModel(name: string, caller: Caller, catalog: Catalog): Model {
  requirePermission(caller, 'infer')
  const model = catalog.model(name)
  if (!model) throw unknownModel(name, catalog)
  if (caller.models && !caller.models.has(model.name)) {
    throw new AstraError('model_forbidden', {
      detail: `This ${keyText(caller)} may not use the model "${model.name}"`,
      next: `Ask its owner for access: ${model.owner}.`,
    })
  }
  return model
}

/** Of several permissions, any one is enough. */
export function requirePermission(caller: Caller, permission: Operation['permission']): void {
  const enough =
    typeof permission === 'string'
      ? caller.permissions.has(permission)
      : permission.some((one) => caller.permissions.has(one))
  if (enough) return
  throw new AstraError('forbidden', {
    detail: `This ${keyText(caller)} lacks the permission ${permissionText({ permission })}`,
  })
}

function keyText({ token }: Caller): string {
  return token === undefined ? 'key' : 'token'
}

function unknownModel(name: string, catalog: Catalog): AstraError {
  const meant = nearest(name, catalog.modelNames())
  return new AstraError('unknown_model', {
    // Each door has its own advice where its models are listed.
    detail: `There is no model "${name.slice(0, 64)}"${meant ? `. Did you mean "${meant}"?` : ''}`,
  })
}
