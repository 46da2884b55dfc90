import { bearer, openSampling, type Provider } from './provider.ts'

export const mistral: Provider = {
  id: 'mistral',
  name: 'Mistral AI',
  dialect: 'openai-chat',
  baseUrl: 'https://api.mistral.ai/v1',
  keyFrom: ['MISTRAL_API_KEY'],
  auth: bearer,
  serves: ['mistral-', 'ministral-', 'magistral-', 'codestral-', 'devstral-', 'pixtral-', 'voxtral-', 'open-mi'],
  quirks: {
    streamUsage: 'never',
    maxTokensField: 'max_tokens',
    noDeveloper: true,
    thoughtsIn: 'thinking',
    seedField: 'random_seed',
    dimensionsField: 'output_dimension',
    shortToolIds: true,
    prefillBy: 'prefix',
    documentsIn: 'document_url',
    fetches: ['image', 'document'],
    refuses: [...openSampling, 'logit_bias', 'logprobs', 'top_logprobs', 'user', 'store', 'verbosity'],
  },
  docs: 'https://docs.mistral.ai/api',
}
