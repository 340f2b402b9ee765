using Xunit;

namespace OutlierQuant.Cli.Tests;

/// <summary>Options that are wrong in themselves: exit code 2, one line, nothing read and nothing written.</summary>
public sealed class UsageTests
{
    [Theory]
    [InlineData("frobnicate", "frobnicate")]
    [InlineData("inspect", "argument missing", "inspect")]
    [InlineData("inspect m --frobnicate", "--frobnicate")]
    [InlineData("inspect m --threads 0", "--threads is '0'", "from 1")]
    [InlineData("inspect m --threads two", "--threads is 'two'")]
    [InlineData("inspect m --kernels amx9", "--kernels is 'amx9'", "auto")]
    [InlineData("inspect m --precision fp8", "--precision is 'fp8'", "f32, bf16")]
    [InlineData("perplexity m", "--text")]
    [InlineData("perplexity m --text t --context -3", "--context is '-3'")]
    [InlineData("perplexity m --text t --context 1e3", "--context is '1e3'")]
    [InlineData("perplexity m --text t --protocol best", "--protocol is 'best'", "windows, strided, llama.cpp")]
    [InlineData("perplexity m --text t --stride 4", "--stride is for --protocol strided only")]
    [InlineData("perplexity m --text t --windows none", "--windows is 'none'")]
    [InlineData("perplexity m --text t --windows 0", "--windows is '0'", "from 1")]
    [InlineData("logits m", "either --prompt or --ids")]
    [InlineData("logits m --prompt a --ids 1", "either --prompt or --ids")]
    [InlineData("logits m --ids 1,x", "--ids has 'x'")]
    [InlineData("logits m --ids 1,-2", "--ids has '-2'")]
    [InlineData("generate m --temperature -1", "--temperature is '-1'")]
    [InlineData("generate m --temperature NaN", "--temperature is 'NaN'")]
    [InlineData("generate m --top-p 1.5", "--top-p is '1.5'", "0 to 1")]
    [InlineData("generate m --max-tokens 0", "--max-tokens is '0'")]
    [InlineData("generate m --samples 0", "--samples is '0'")]
    [InlineData("generate m --seed -1", "--seed is '-1'")]
    [InlineData("locate m --text t --min-ratio -1", "--min-ratio is '-1'")]
    [InlineData("quantize m --out o", "--scheme")]
    [InlineData("quantize m --scheme w8a16", "--out")]
    [InlineData("quantize m --scheme w9a9 --out o", "no scheme 'w9a9'", "w8a8-tensor-static")]
    [InlineData("quantize m --scheme w8a16 --preserve some --out o", "--preserve is 'some'", "none, channels, clip, mean, fold, fold+channels")]
    [InlineData("quantize m --scheme w8a16 --preserve clip --out o", "clip", "w8a16")]
    [InlineData("quantize m --scheme w8a16 --method gptq --out o", "--method is 'gptq'", "rtn")]
    [InlineData("quantize m --scheme w8a16 --channels many --out o", "--channels is 'many'")]
    [InlineData("quantize m --scheme float --out o", "Scheme float rounds nothing")]
    [InlineData("quantize m --scheme w8a16 --preserve fold --fold-prefix BOS --out o", "--fold-prefix: 'BOS' is no prefix to fold; write bos, auto, or token ids")]
    [InlineData("quantize m --scheme w8a16 --preserve fold --fold-drop-values -1 --out o", "--fold-drop-values is '-1'", "from 0 on")]
    [InlineData("quantize m --scheme w8a16 --preserve fold --fold-merge --out o", "--fold-merge needs a prefix of several tokens")]
    [InlineData("quantize m --scheme w8a16 --preserve fold --fold-prefix 0 --fold-merge --out o", "--fold-merge needs a prefix of several tokens")]
    [InlineData("quantize m --scheme w8a16 --preserve none --fold-prefix bos --out o", "are for --preserve fold and fold+channels, and --preserve is none")]
    [InlineData("locate m --text t --fold-prefix 1,x", "--fold-prefix: '1,x' is no prefix to fold")]
    [InlineData("compare m --text t --arms w8a16 --fold-prefix auto", "are for arms that fold, and none does")]
    [InlineData("compare m --text t --arms w8a16:fold --profile p", "give --folded-profile too, or --calibration instead")]
    [InlineData("compare m --text t --folded-profile p", "--folded-profile goes with --profile")]
    [InlineData("compare m --text t --calibration c --profile p", "either --calibration or --profile")]
    [InlineData("compare m --text t --arms w8a8-tensor:none:3", "w8a8-tensor:none:3")]
    [InlineData("compare m --text t --arms w7", "w7")]
    [InlineData("intervene m --text t --calibration c --profile p", "either --calibration or --profile")]
    [InlineData("intervene m --text t --channels 1,,2", "--channels has ''")]
    [InlineData("trace m --text t --prompt p", "either --text or --prompt")]
    [InlineData("trace m --text t --min-ratio 0.5", "--min-ratio is below 1")]
    [InlineData("trace m --text t --windows 0", "--windows is '0'", "from 1")]
    [InlineData("forecast m", "--profile, or --text")]
    [InlineData("forecast m --profile p --damage", "--damage scores a text", "--text")]
    [InlineData("forecast m --text t --scheme w9", "no scheme 'w9'", "w8a8-tensor-static")]
    [InlineData("bench --shapes 4096", "--shapes: '4096' is not a shape", "11008x4096")]
    [InlineData("bench --shapes 8x8,", "--shapes: '' is not a shape")]
    [InlineData("bench --shapes 0x8", "--shapes: '0x8' is not a shape", "from 1 on")]
    [InlineData("bench --rows 0", "--rows has '0'", "at least one row")]
    [InlineData("bench --rows 1,x", "--rows has 'x'")]
    [InlineData("bench --preserved -1", "--preserved has '-1'")]
    [InlineData("bench --only int3", "--only: 'int3'", "int8×int8")]
    [InlineData("bench --kernels amx9", "--kernels is 'amx9'", "auto")]
    [InlineData("bench --threads 0", "--threads is '0'")]
    [InlineData("bench model", "model")]
    public async Task WrongOptions_GiveOneLineAndExitCodeTwo(string arguments, params string[] words)
    {
        string[] before = Directory.GetFileSystemEntries(Environment.CurrentDirectory);

        CommandOutcome outcome = await CommandRunner.Run(arguments.Split(' '));

        outcome.MustFail(2, words);
        Assert.Equal(before, Directory.GetFileSystemEntries(Environment.CurrentDirectory));
    }
}
