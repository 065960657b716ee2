import type { ListedModel, ModelsForm } from '../wire/mount-models.ts'

/** OpenAI's `models`. */
export const openaiModels: ModelsForm = {
  tasks: ['chat', 'completion', 'embedding', 'moderation'],
  one,
  list: (models) => ({ object: 'list', data: models.map(one) }),
}

function one({ id, owner, createdAt }: ListedModel): object {
  return { id, object: 'model', created: Math.floor(createdAt / 1000), owned_by: owner }
}
