// ES-only packages have no "require" entry. "import" cannot simply be a condition: packages with both would then be
// loaded as ES modules. So it is tried only after the usual way failed.
module.exports = (request, options) => {
  try {
    return options.defaultResolver(request, options)
  } catch (error) {
    const conditions = (options.conditions ?? []).filter((name) => name !== 'require')
    try {
      return options.defaultResolver(request, { ...options, conditions: [...conditions, 'import', 'default'] })
    } catch {
      throw error
    }
  }
}
