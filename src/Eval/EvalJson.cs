using System.Text.Json.Serialization;
using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Eval.Attention;
using OutlierQuant.Eval.Certification;
using OutlierQuant.Eval.Circuits;
using OutlierQuant.Eval.Comparison;
using OutlierQuant.Eval.Forecasting;
using OutlierQuant.Eval.Interventions;
using OutlierQuant.Eval.Reports;
using OutlierQuant.Eval.Tracing;

namespace OutlierQuant.Eval;

/// <summary>Serializers of every result: camelCase keys, two spaces, line feeds; the same numbers give the same bytes.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    UseStringEnumConverter = true,
    Converters = [typeof(TokenClassJsonConverter)],
    WriteIndented = true,
    NewLine = "\n")]
[JsonSerializable(typeof(AttentionResult))]
[JsonSerializable(typeof(Certificate))]
[JsonSerializable(typeof(CircuitResult))]
[JsonSerializable(typeof(PerplexityResult))]
[JsonSerializable(typeof(ComparisonResult))]
[JsonSerializable(typeof(InterventionResult))]
[JsonSerializable(typeof(ForecastResult))]
[JsonSerializable(typeof(TraceResult))]
[JsonSerializable(typeof(ReportContent))]
public sealed partial class EvalJson : JsonSerializerContext;
