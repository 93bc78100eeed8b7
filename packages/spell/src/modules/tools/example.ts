/** A tool for the examples of others. */
export const EXAMPLE_TOOL = `tools.define("double", "Doubles a number",
  { type = "object", properties = { n = { type = "number" } }, required = { "n" } },
  function(args) return args.n * 2 end)
`;
