/* docgen_shell.c: completion scripts for bash and zsh, made from the same tables as the help. */
#include "core/input/encoding.h"
#include "tools/headrace/help.h"

static bool is_encoding(const hr_option *option)
{
    return strcmp(option->key, "encoding") == 0 || strcmp(option->key, "encoding_fallback") == 0;
}

static bool is_list(const hr_option *option)
{
    return option->type == HR_OPTION_CHOICE || is_encoding(option);
}

/* The words that may follow a flag, separated by spaces. */
static void put_values(FILE *to, const hr_option *option)
{
    if (is_encoding(option)) {
        size_t count;
        const char *const *names = hr_encoding_names(&count);
        for (size_t i = 0; i < count; i++)
            fprintf(to, "%s%s", i > 0 ? " " : "", names[i]);
        return;
    }
    for (const char *at = option->choices; *at != '\0'; at++)
        fputc(*at == '|' ? ' ' : *at, to);
}

/* ---- bash -------------------------------------------------------------------------------------------------- */

typedef struct writing {
    FILE *to;
    const hr_command *command;
} writing;

static void bash_values(void *context, const char *group, const hr_option *option)
{
    writing *state = context;
    char name[64];
    (void)group;
    if (!is_list(option))
        return;
    hr_flag_name(option->key, name);
    fprintf(state->to, "    '%s --%s') values='", state->command->name, name);
    put_values(state->to, option);
    fputs("' ;;\n", state->to);
}

static void bash_flag(void *context, const char *group, const hr_option *option)
{
    writing *state = context;
    char name[64];
    (void)group;
    hr_flag_name(option->key, name);
    fprintf(state->to, " --%s", name);
}

static void bash_commands(FILE *to)
{
    size_t count;
    const hr_command *const *commands = hr_commands(&count);
    for (size_t i = 0; i < count; i++)
        fprintf(to, "%s%s", i > 0 ? " " : "", commands[i]->name);
}

void hr_docgen_bash(FILE *to)
{
    size_t count;
    const hr_command *const *commands = hr_commands(&count);
    fputs("# headrace.bash: completion for bash, made by: headrace help --completion bash\n"
          "# shellcheck shell=bash\n"
          "_headrace() {\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} last=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]} "
          "values='' flags=''\n"
          "    COMPREPLY=()\n"
          "    # bash takes --flag=value for three words\n"
          "    if [[ $word == = ]]; then\n"
          "        word=''\n"
          "    elif [[ $last == = ]]; then\n"
          "        last=${COMP_WORDS[COMP_CWORD - 2]}\n"
          "    fi\n"
          "    if ((COMP_CWORD == 1)) || [[ $command == help && $word != -* && $last == help ]]; then\n"
          "        mapfile -t COMPREPLY < <(compgen -W '",
          to);
    bash_commands(to);
    fputs("' -- \"$word\")\n        return\n    fi\n    case \"$command $last\" in\n", to);
    for (size_t i = 0; i < count; i++) {
        writing state = {to, commands[i]};
        hr_help_flags(commands[i], bash_values, &state);
    }
    fputs("    esac\n    case $command in\n", to);
    for (size_t i = 0; i < count; i++) {
        writing state = {to, commands[i]};
        fprintf(to, "    %s) flags='--help", commands[i]->name);
        hr_help_flags(commands[i], bash_flag, &state);
        fputs("' ;;\n", to);
    }
    fputs("    esac\n"
          "    if [[ $values ]]; then\n"
          "        mapfile -t COMPREPLY < <(compgen -W \"$values\" -- \"$word\")\n"
          "    elif [[ $word == -* ]]; then\n"
          "        mapfile -t COMPREPLY < <(compgen -W \"$flags\" -- \"$word\")\n"
          "    fi\n"
          "}\n"
          "complete -o default -F _headrace headrace\n",
          to);
}

/* ---- zsh --------------------------------------------------------------------------------------------------- */

/* Text within a single-quoted word in which _arguments and _describe give brackets and colons a meaning. */
static void put_zsh(FILE *to, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs("'\\''", to);
        else if (*text == ':' || *text == '[' || *text == ']' || *text == '\\')
            fprintf(to, "\\%c", *text);
        else
            fputc(*text, to);
    }
}

static void zsh_flag(void *context, const char *group, const hr_option *option)
{
    writing *state = context;
    char name[64];
    (void)group;
    hr_flag_name(option->key, name);
    const char *value = hr_flag_value(option);
    fprintf(state->to, " \\\n            '--%s%s[", name, value != NULL ? "=" : "");
    put_zsh(state->to, option->doc);
    fputc(']', state->to);
    if (value != NULL) {
        fputc(':', state->to);
        put_zsh(state->to, name);
        fputc(':', state->to);
        if (is_list(option)) {
            fputc('(', state->to);
            put_values(state->to, option);
            fputc(')', state->to);
        } else if (option->type == HR_OPTION_TEXT) {
            fputs("_files", state->to);
        }
    }
    fputc('\'', state->to);
}

void hr_docgen_zsh(FILE *to)
{
    size_t count;
    const hr_command *const *commands = hr_commands(&count);
    fputs("#compdef headrace\n# Completion for zsh, made by: headrace help --completion zsh\n\n_headrace() {\n"
          "    local -a commands\n    commands=(\n",
          to);
    for (size_t i = 0; i < count; i++) {
        fprintf(to, "        '%s:", commands[i]->name);
        put_zsh(to, commands[i]->summary);
        fputs("'\n", to);
    }
    fputs("    )\n    if ((CURRENT == 2)); then\n        _describe command commands\n        return\n    fi\n"
          "    shift words\n    ((CURRENT--))\n    case $words[1] in\n",
          to);
    for (size_t i = 0; i < count; i++) {
        writing state = {to, commands[i]};
        bool of_files =
            strstr(commands[i]->operands, "FILE") != NULL || strstr(commands[i]->operands, "SOURCE") != NULL;
        fprintf(to, "        %s)\n            _arguments '(- *)'{-h,--help}'[explain the command by example]'",
                commands[i]->name);
        hr_help_flags(commands[i], zsh_flag, &state);
        if (of_files)
            fputs(" \\\n            '*:file:_files'", to);
        else if (strcmp(commands[i]->name, "help") == 0)
            fputs(" \\\n            '1: :{_describe command commands}'", to);
        fputs("\n            ;;\n", to);
    }
    fputs("    esac\n}\n\n_headrace \"$@\"\n", to);
}
