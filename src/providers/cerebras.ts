import { bearer, openSampling, type Provider } from './provider.ts'

export const cerebras: Provider = {
  id: 'cerebras',
  name: 'Cerebras',
  dialect: 'openai-chat',
  baseUrl: 'https://api.cerebras.ai/v1',
  keyFrom: ['CEREBRAS_API_KEY'],
  auth: bearer,
  quirks: {
    noDeveloper: true,
    refuses: [...openSampling, 'frequency_penalty', 'presence_penalty', 'logit_bias', 'service_tier'],
  },
  docs: 'https://inference-docs.cerebras.ai/resources/openai',
}
