import type { ModelKey } from './model-plan.ts'

/** Models used when only a provider's key is given. */
export interface ProviderModels {
  readonly title: string
  /** All of these must be set for the provider to count. */
  readonly variables: readonly string[]
  /** Environment variable -> LiteLLM parameter. */
  readonly parameters: Readonly<Record<string, ModelKey>>
  readonly smart: PricedModel
  readonly fast: PricedModel
}

export interface PricedModel {
  readonly model: string
  /** USD per token. */
  readonly input: number
  readonly output: number
}

/**
 * In the order in which their keys are looked for. Names and prices: the price list inside LiteLLM 1.109.1, read on
 * 2026-11-24; a model of medium price as `smart`, the cheapest current one as `fast` and `economy`.
 */
export const providers: readonly ProviderModels[] = [
  {
    title: 'Anthropic',
    variables: ['ANTHROPIC_API_KEY'],
    parameters: { api_key: { variable: 'ANTHROPIC_API_KEY' } },
    smart: { model: 'anthropic/claude-sonnet-5-5', input: 2e-6, output: 1e-5 },
    fast: { model: 'anthropic/claude-haiku-5-5', input: 1e-7, output: 5e-7 },
  },
  {
    title: 'OpenAI',
    variables: ['OPENAI_API_KEY'],
    parameters: { api_key: { variable: 'OPENAI_API_KEY' } },
    smart: { model: 'openai/gpt-5.6-terra', input: 2e-6, output: 1.2e-5 },
    fast: { model: 'openai/gpt-5.6-luna', input: 2e-7, output: 1.2e-6 },
  },
  {
    title: 'Google',
    variables: ['GEMINI_API_KEY'],
    parameters: { api_key: { variable: 'GEMINI_API_KEY' } },
    smart: { model: 'gemini/gemini-3.8-flash', input: 7.5e-7, output: 3.75e-6 },
    fast: { model: 'gemini/gemini-3.5-flash-lite', input: 3e-7, output: 2.5e-6 },
  },
  {
    title: 'Oracle OCI',
    variables: ['OCI_REGION', 'OCI_USER', 'OCI_FINGERPRINT', 'OCI_TENANCY', 'OCI_KEY_FILE', 'OCI_COMPARTMENT_ID'],
    parameters: {
      oci_region: { variable: 'OCI_REGION' },
      oci_user: { variable: 'OCI_USER' },
      oci_fingerprint: { variable: 'OCI_FINGERPRINT' },
      oci_tenancy: { variable: 'OCI_TENANCY' },
      oci_key_file: { variable: 'OCI_KEY_FILE' },
      oci_compartment_id: { variable: 'OCI_COMPARTMENT_ID' },
    },
    smart: { model: 'oci/cohere.command-latest', input: 1.56e-6, output: 1.56e-6 },
    fast: { model: 'oci/meta.llama-3.3-70b-instruct', input: 7.2e-7, output: 7.2e-7 },
  },
]
