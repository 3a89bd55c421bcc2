# Completion of the sgan programs for fish: the options come from --help.
function __sgan_options
    set -l program (commandline -opc)[1]
    $program --help 2>/dev/null | string match -rg '^  (?:-.,|   ) (--[a-z0-9-]+)(?: [^ ]+)?  +(.*)$' |
        while read -l option
            read -l text
            printf '%s\t%s\n' $option $text
        end
end
for program in sgan-z sgan-map sgan-mix sgan-synth sgan-import sgan-info sgan-data sgan-train sgan-ppl sgan-linsep sgan-eq sgan-fid sgan-spectra
    complete -c $program -n 'string match -q -- "-*" (commandline -ct)' -a '(__sgan_options)'
    complete -c $program -l device -x -a 'auto cpu cuda'
    complete -c $program -s m -l model -r
    complete -c $program -s o -l output -r
end
complete -c sgan-synth -l noise -x -a 'const random none'
complete -c sgan-synth -l precision -x -a 'f32 tf32 f16 bf16 auto'
complete -c sgan-synth -l type -x -a 'u8 u16 f32'
complete -c sgan-synth -l format -x -a 'png jpg exr tif webp npy stream y4m rgb24'
complete -c sgan-mix -l styles -x -a 'coarse middle fine'
